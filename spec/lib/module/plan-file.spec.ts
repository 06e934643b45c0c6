import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { directory } from '../../../modules/directory.ts'
import { file } from '../../../modules/file.ts'
import { symlink } from '../../../modules/symlink.ts'
import { template } from '../../../modules/template.ts'
import { runOver, statuses, type Tasks } from '../run/local-run.ts'
import { inTemporaryDirectory, privateConnect } from '../shell/local-session.ts'

describe('one file by two spellings', () => {
  it('[fault 61] is predicted as a run then finds it: created, changed and removed through a path with links and through one without', () => inTemporaryDirectory(async place => {
    mkdirSync(`${place}/real/deep`, { recursive: true })
    symlinkSync('real', `${place}/link`)
    symlinkSync('deep', `${place}/real/short`)
    writeFileSync(`${place}/x.eta`, 'x')
    const tasks: Tasks = ({ task }) => {
      task('made', file({ path: `${place}/real/f`, content: 'x' }))
      task('made, again', file({ path: `${place}/link/f`, content: 'x' }))
      task('template', template({ path: `${place}/link/f`, source: `${place}/x.eta`, mode: '0600' }))
      task('directory', directory({ path: `${place}/link/short/a/b` }))
      task('directory, again', directory({ path: `${place}/real/deep/a/b` }))
      task('in it', file({ path: `${place}/real/short/a/b/c`, content: 'x' }))
      task('in it, again', file({ path: `${place}/link/deep/a/b/c`, content: 'x' }))
      task('link', symlink({ path: `${place}/link/deep/a/l`, target: 'x' }))
      task('link, again', symlink({ path: `${place}/real/short/a/l`, target: 'x' }))
      task('removed', file({ path: `${place}/link/short/a/b/c`, state: 'absent' }))
      task('removed, again', file({ path: `${place}/real/deep/a/b/c`, state: 'absent' }))
      task('link removed', symlink({ path: `${place}/real/deep/a/l`, state: 'absent' }))
      task('directory removed', directory({ path: `${place}/link/short/a`, state: 'absent', recursive: true }))
      task('directory removed, again', directory({ path: `${place}/real/deep/a`, state: 'absent', recursive: true }))
    }
    const connect = privateConnect(`${place}/host`)
    const check = await runOver(connect, tasks, { check: true })
    const run = await runOver(connect, tasks)
    expect(statuses(check)).to.deep.equal(statuses(run))
    expect(statuses(run).filter(each => each.endsWith('again: ok'))).to.have.length(6)
    expect(statuses(run).filter(each => each.endsWith(': change'))).to.have.length(8)
    expect(readdirSync(`${place}/real/deep`)).to.deep.equal([])
    const nothing: Tasks = ({ task }) => { for (const path of [`${place}/link/no`, `${place}/link/no/no`]) task(path, file({ path, state: 'absent' })) }
    for (const options of [{}, { check: true }]) expect((await runOver(connect, nothing, options)).roundTrips).to.equal(1)
  }))
})
