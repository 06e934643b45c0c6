import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { playbook } from '../../../lib/playbook/playbook.ts'
import { checkPlaybooks, runPlaybooks } from '../../../lib/run/run-playbooks.ts'
import { command } from '../../../modules/command.ts'
import { directory } from '../../../modules/directory.ts'
import { file } from '../../../modules/file.ts'
import { lineInFile } from '../../../modules/line-in-file.ts'
import { symlink } from '../../../modules/symlink.ts'
import { heldAgainst } from '../../helpers/foretold.ts'
import { here, runLocally, silent, statuses, type Tasks } from '../run/local-run.ts'
import { inTemporaryDirectory } from '../shell/local-session.ts'

/** What a check says, which the run after it must bear out. */
async function foretold(tasks: Tasks): Promise<string[]> {
  const check = await runLocally(tasks, { check: true })
  const run = await runLocally(tasks)
  expect(heldAgainst(check, run), statuses(run).join()).to.deep.equal({ unforetold: [], untrue: [] })
  expect([check.error, run.error, run.status]).to.deep.equal([undefined, undefined, 'change'])
  return statuses(check)
}

/** Runs playbooks on this machine one after the other, as run.ts would. */
async function runAll(plays: readonly Tasks[], options: { check: boolean; startAtTask?: string }) {
  const inventory = { path: 'spec.ts', hosts: [here], groups: new Map([['all', ['here']]]), warnings: [] }
  const given = { forks: 1, extraVars: {}, tags: [], skipTags: [], ...options }
  const { report } = await runPlaybooks(checkPlaybooks(plays.map((tasks, index) => playbook({ name: `Spec ${index}`, hosts: 'all', tasks })), inventory, given), inventory, given, silent)
  return statuses(report.hosts.here ?? { tasks: [] })
}

describe('What a check says after changes that it foretold', () => {
  it('takes what a command prints for known only where nothing changes before it; the command itself changes nothing', () => inTemporaryDirectory(async place => {
    const tasks = (version: string): Tasks => ({ task }) => {
      task('make', file({ path: `${place}/version`, content: version }))
      const found = task('read', command({ argv: ['cat', `${place}/version`], reads: true }))
      task('use', async () => file({ path: `${place}/copy`, content: (await found).stdout }))
      task('only for two', file({ path: `${place}/two`, content: version }), { when: async () => (await found).stdout === 'two' })
    }
    expect(await foretold(tasks('one'))).to.deep.equal(['make: change', 'read: may-change', 'use: may-change', 'only for two: may-change'])
    expect(statuses(await runLocally(tasks('one'), { check: true }))).to.deep.equal(['make: ok', 'read: ok', 'use: ok', 'only for two: skipped'])
    expect(await foretold(tasks('two'))).to.deep.equal(['make: change', 'read: ok', 'use: may-change', 'only for two: may-change'])
  }))

  it('is unsure of what a task is about that a `when` may leave out', () => inTemporaryDirectory(async place => {
    writeFileSync(`${place}/x`, 'old\nline\n')
    expect(await foretold(({ task }) => {
      task('make', file({ path: `${place}/version`, content: 'one' }))
      const found = task('read', command({ argv: ['cat', `${place}/version`], reads: true }))
      task('only for one', file({ path: `${place}/x`, content: 'new\n' }), { when: async () => (await found).stdout === 'one' })
      task('line', lineInFile({ path: `${place}/x`, line: 'line' }))
    })).to.deep.equal(['make: change', 'read: may-change', 'only for one: may-change', 'line: may-change'])
  }))

  it('is unsure of what a result made that is not known yet: whether it is written, and what', () => inTemporaryDirectory(async place => {
    for (const name of ['x', 'y']) writeFileSync(`${place}/${name}`, 'old\nline\n')
    expect(await foretold(({ task }) => {
      task('make', file({ path: `${place}/version`, content: 'line\n' }))
      const found = task('read', command({ argv: ['cat', `${place}/version`], reads: true }))
      task('only for none', file({ path: `${place}/x`, content: 'new\n' }), { when: async () => (await found).stdout === '' })
      task('line', lineInFile({ path: `${place}/x`, line: 'line' }))
      task('there', async () => file({ path: `${place}/y`, content: (await found).stdout }))
      task('line of it', lineInFile({ path: `${place}/y`, line: 'line' }))
      task('new', async () => file({ path: `${place}/new`, content: (await found).stdout }))
      task('line of that', lineInFile({ path: `${place}/new`, line: 'line' }))
    })).to.deep.equal(['make: change', 'read: may-change', 'only for none: may-change', 'line: may-change', 'there: may-change', 'line of it: may-change', 'new: may-change', 'line of that: may-change'])
  }))

  it('knows of a command what it is run in and what it is given', () => inTemporaryDirectory(async place => {
    for (const name of ['in', 'given']) mkdirSync(`${place}/${name}`)
    for (const name of ['in/a', 'given/a']) writeFileSync(`${place}/${name}`, 'a')
    expect(await foretold(({ task }) => {
      task('in a directory', command({ argv: ['sh', '-c', 'echo drift >a'], cwd: `${place}/in` }))
      task('by its input', command({ argv: ['sh'], stdin: `echo drift >${place}/given/a\n` }))
      task('a', file({ path: `${place}/in/a`, content: 'a' }))
      task('b', file({ path: `${place}/given/a`, content: 'a' }))
    })).to.deep.equal(['in a directory: change', 'by its input: change', 'a: may-change', 'b: may-change'])
  }))

  it('is told of what is below a link that will lead elsewhere, and of a directory that takes the place of a link or a file', () => inTemporaryDirectory(async place => {
    for (const [name, text] of [['old', 'old'], ['new', 'new'], ['gone', 'x']] as const) {
      mkdirSync(`${place}/${name}`)
      writeFileSync(`${place}/${name}/x`, text)
    }
    symlinkSync('old', `${place}/current`)
    symlinkSync('old', `${place}/linked`)
    expect(await foretold(({ task }) => {
      task('switch', symlink({ path: `${place}/current`, target: 'new' }))
      task('file of the release', file({ path: `${place}/current/x`, content: 'old' }))
      task('no link', symlink({ path: `${place}/linked`, state: 'absent' }))
      task('but a directory', directory({ path: `${place}/linked` }))
      task('file in it', file({ path: `${place}/linked/x`, content: 'old' }))
      task('no directory', file({ path: `${place}/gone`, content: 'x', replaceOther: true, backup: true }))
      task('a directory again', directory({ path: `${place}/gone`, replaceOther: true }))
      task('file in that', file({ path: `${place}/gone/x`, content: 'x' }))
    })).to.deep.equal([
      'switch: change', 'file of the release: may-change', 'no link: change', 'but a directory: change', 'file in it: change',
      'no directory: change', 'a directory again: change', 'file in that: change',
    ])
  }))

  it('goes on from one playbook to the next, as the run does', () => inTemporaryDirectory(async place => {
    writeFileSync(`${place}/a`, 'two')
    const plays: Tasks[] = [
      ({ task }) => {
        task('one', file({ path: `${place}/a`, content: 'one' }))
        task('directory', directory({ path: `${place}/d` }))
      },
      ({ task }) => {
        task('two', file({ path: `${place}/a`, content: 'two' }))
        task('in it', file({ path: `${place}/d/x`, content: 'x' }))
      },
    ]
    const all = ['one: change', 'directory: change', 'two: change', 'in it: change']
    expect(await runAll(plays, { check: true })).to.deep.equal(all)
    expect(await runAll(plays, { check: false })).to.deep.equal(all)
  }))

  it('starts at a task in whichever playbook it is, and goes on with the later ones', () => inTemporaryDirectory(async place => {
    const play = (...names: string[]): Tasks => ({ task }) => { for (const name of names) task(name, file({ path: `${place}/${name}` })) }
    expect(await runAll([play('a', 'b'), play('c', 'd')], { check: true, startAtTask: 'b' })).to.deep.equal(['b: change', 'c: change', 'd: change'])
  }))
})
