import { writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { prepare } from '../../../lib/run/open-host.ts'
import { runHost } from '../../../lib/run/run-host.ts'
import { playbook } from '../../../lib/playbook/playbook.ts'
import { file } from '../../../modules/file.ts'
import { lineInFile } from '../../../modules/line-in-file.ts'
import { connectPrivately } from '../../helpers/own-place.ts'
import { inTemporaryDirectory } from '../shell/local-session.ts'
import { here, silent, type Tasks } from './local-run.ts'

const run = (tasks: Tasks, options: { check: boolean; contents?: boolean }) => (
  runHost(here, prepare(playbook({ name: 'Spec', hosts: 'all', tasks }), here, {}), { ...options, choose: () => true, observer: silent, connect: connectPrivately }))

describe('the contents of files', () => {
  it('are fetched only where they are shown or edited: --no-diff needs none, and no more round trips', () => inTemporaryDirectory(async place => {
    const old = 'an old line\n'.repeat(20_000)
    const tasks: Tasks = ({ task }) => {
      for (const name of ['one', 'two', 'three']) task(name, file({ path: `${place}/${name}`, content: 'new\n' }))
      task('other wish for one', file({ path: `${place}/one`, mode: '0644' }))
      task('edited', lineInFile({ path: `${place}/edited`, line: 'more' }))
    }
    for (const name of ['one', 'two', 'three']) writeFileSync(`${place}/${name}`, old)
    writeFileSync(`${place}/edited`, 'first\n')
    const [shown, silently] = [await run(tasks, { check: true }), await run(tasks, { check: true, contents: false })]
    expect(shown.bytesReceived).to.be.above(3 * old.length)
    expect(silently.bytesReceived).to.be.below(old.length / 10)
    expect([shown.roundTrips, silently.roundTrips]).to.deep.equal([1, 1])
    expect(silently.tasks.map(({ name, status }) => `${name}: ${status}`)).to.deep.equal(shown.tasks.map(({ name, status }) => `${name}: ${status}`))
    const diffs = silently.tasks.map(({ changes: [change] }) => change?.diff)
    expect(diffs[0]).to.match(/^content: 240000 bytes, sha256 \w{12}… → 4 bytes, sha256 \w{12}…$/)
    expect(diffs[4]).to.include('+more')
    expect((await run(tasks, { check: false, contents: false })).tasks.map(({ status }) => status)).to.deep.equal(['change', 'change', 'change', 'ok', 'change'])
    expect((await run(tasks, { check: false, contents: false })).tasks.map(({ status }) => status)).to.deep.equal(['ok', 'ok', 'ok', 'ok', 'ok'])
  }))
})
