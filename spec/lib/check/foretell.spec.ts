import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { z } from 'zod'
import fc from 'fast-check'
import { defineModule, want } from '../../../lib/resource.ts'
import { packageResource } from '../../../lib/resources/apt/package.ts'
import { fileResource } from '../../../lib/resources/files/file.ts'
import { apply, read } from '../../../lib/shell/script.ts'
import { apt } from '../../../modules/apt.ts'
import { blockInFile } from '../../../modules/block-in-file.ts'
import { command } from '../../../modules/command.ts'
import { directory } from '../../../modules/directory.ts'
import { file } from '../../../modules/file.ts'
import { symlink } from '../../../modules/symlink.ts'
import { user } from '../../../modules/user.ts'
import { waitFor } from '../../../modules/wait-for.ts'
import type { ModuleCall } from '../../../lib/playbook/module.ts'
import type { HostReport } from '../../../lib/report/report.ts'
import { inTemporaryDirectory } from '../shell/local-session.ts'
import { runLocally, statuses, type Tasks } from '../run/local-run.ts'

const check = (tasks: Tasks): Promise<HostReport> => runLocally(tasks, { check: true })

const content = fc.constantFrom('', 'a', 'a\n', 'a\r\nb\r\n', 'a\nb\nc\n', 'é')
const mode = fc.option(fc.constantFrom('0600', '0644', '0755'), { nil: undefined })
const state = fc.constantFrom<'present' | 'absent'>('present', 'present', 'present', 'absent')
const block = fc.constantFrom('x', 'y\nz', '')
const marker = fc.constantFrom('# {mark} 1', '# {mark} 2')
const place = fc.constantFrom<{ insertAfter?: RegExp; insertBefore?: RegExp }>({}, { insertAfter: /^a/ }, { insertBefore: /^b/ })
const plainFile = fc.constantFrom('f', 'g', 'd/h', 'd/e/i')

/** Files, blocks, directories and links, each kind at places of its own: what a playbook may ask for without contradicting itself. */
const call = fc.oneof(
  fc.record({ module: fc.constant('file' as const), name: plainFile, content: fc.option(content, { nil: undefined }), mode, state }),
  fc.record({ module: fc.constant('block' as const), name: fc.constantFrom('f', 'g'), block, marker, place, mode }),
  fc.record({ module: fc.constant('directory' as const), name: fc.constantFrom('d', 'd/e', 'k'), mode: fc.constantFrom(undefined, '0755', '0750'), state }),
  fc.record({ module: fc.constant('symlink' as const), name: fc.constantFrom('l', 'm'), target: fc.constantFrom('f', 'g', 'nowhere'), state }),
)
type Call = typeof call extends fc.Arbitrary<infer Drawn> ? Drawn : never

function make(root: string, drawn: Call): ModuleCall<unknown> {
  const path = `${root}/${drawn.name}`
  switch (drawn.module) {
    case 'file': return file({ path, content: drawn.content, mode: drawn.mode, state: drawn.state, parents: true })
    case 'block': return blockInFile({ path, block: drawn.block, marker: drawn.marker, mode: drawn.mode, create: true, ...drawn.place })
    case 'directory': return directory({ path, mode: drawn.mode, state: drawn.state, recursive: drawn.state === 'absent' })
    case 'symlink': return symlink({ path, target: drawn.target, state: drawn.state })
  }
}

const calls = fc.array(call, { maxLength: 8 })
const playing = (root: string, list: readonly Call[]): Tasks => ({ task }) => list.forEach((one, index) => void task(`${index}`, make(root, one)))

const told = ({ tasks }: HostReport): unknown[] => tasks.map(({ name, status, error, changes }) => ({ name, status, error, changes }))

describe('a check', () => {
  it('foretells exactly what the run then changes, whatever was there before', function () {
    this.timeout(180_000)
    return fc.assert(fc.asyncProperty(calls, calls, (before, after) => inTemporaryDirectory(async root => {
      await runLocally(playing(root, before))
      const listed = readdirSync(root, { recursive: true })
      const foretold = await check(playing(root, after))
      expect(readdirSync(root, { recursive: true }), 'a check changes nothing').to.deep.equal(listed)
      const ran = await runLocally(playing(root, after))
      expect(told(foretold)).to.deep.equal(told(ran))
    })), { numRuns: 15 })
  })

  it('and the run agree that there is nothing to do once a run has done it, in one round trip', () => fc.assert(fc.asyncProperty(fc.uniqueArray(call, { selector: ({ name }) => name, maxLength: 6 }), list => inTemporaryDirectory(async root => {
    // A place that another call takes away, with all it holds, is a contradiction.
    const tasks = playing(root, list.filter(({ name }) => !list.some(other => other.module === 'directory' && other.state === 'absent' && name.startsWith(`${other.name}/`))))
    await runLocally(tasks)
    for (const report of [await runLocally(tasks), await check(tasks)]) {
      expect(report.tasks.filter(({ status }) => status !== 'ok')).to.deep.equal([])
      expect(report.roundTrips).to.equal(1)
    }
  })), { numRuns: 12 })).timeout(180_000)

  it('shows later tasks the host as the ones before them would have left it', () => inTemporaryDirectory(async root => {
    writeFileSync(`${root}/x`, 'stale\n')
    const tasks: Tasks = ({ task }) => {
      task('write', file({ path: `${root}/x`, content: 'fresh\n', mode: '0644' }))
      task('block', blockInFile({ path: `${root}/x`, block: '1' }))
      task('block again', blockInFile({ path: `${root}/x`, block: '1' }))
      task('mode', file({ path: `${root}/x`, mode: '0644' }))
      task('remove', file({ path: `${root}/x`, state: 'absent' }))
      task('remove again', file({ path: `${root}/x`, state: 'absent' }))
    }
    const report = await check(tasks)
    expect(statuses(report)).to.deep.equal(['write: change', 'block: change', 'block again: ok', 'mode: ok', 'remove: change', 'remove again: ok'])
    expect(report.tasks[1]?.changes[0]?.diff).to.include(' fresh').and.not.include('stale')
  }))

  it('knows what a new file and directory have that nobody asked for, and the directories that are made above them', () => inTemporaryDirectory(async root => {
    const report = await check(({ task }) => {
      task('file', file({ path: `${root}/a/b/x`, parents: true }))
      task('its mode', file({ path: `${root}/a/b/x`, mode: '0644', content: '' }))
      task('above', directory({ path: `${root}/a`, mode: '0755' }))
      task('directory', directory({ path: `${root}/c/d` }))
      task('its mode', directory({ path: `${root}/c/d`, mode: '0755' }))
      task('above it', directory({ path: `${root}/c`, mode: '0700' }))
    })
    expect(report.tasks.map(({ status }) => status)).to.deep.equal(['change', 'ok', 'ok', 'change', 'ok', 'change'])
  }))

  it('knows that removing a directory removes its content, which is not back when it is created again', () => inTemporaryDirectory(async root => {
    mkdirSync(`${root}/d/e`, { recursive: true })
    writeFileSync(`${root}/d/x`, 'x')
    const report = await check(({ task }) => {
      task('new in it', file({ path: `${root}/d/new`, content: 'x' }))
      task('remove', directory({ path: `${root}/d`, state: 'absent', recursive: true }))
      task('gone', file({ path: `${root}/d/x`, state: 'absent' }))
      task('gone too', file({ path: `${root}/d/new`, state: 'absent' }))
      task('again', directory({ path: `${root}/d` }))
      task('file', file({ path: `${root}/d/x`, content: 'x' }))
      task('directory', directory({ path: `${root}/d/e` }))
      task('beside', file({ path: `${root}/dx`, state: 'absent' }))
    })
    expect(report.tasks.map(({ status }) => status)).to.deep.equal(['change', 'change', 'ok', 'ok', 'change', 'change', 'change', 'ok'])
  }))

  it('asks the host for what was not foretold of a file: its content, where only its mode changes', () => inTemporaryDirectory(async root => {
    writeFileSync(`${root}/x`, 'mine\n# BEGIN stead\n1\n# END stead\n', { mode: 0o600 })
    const report = await check(({ task }) => {
      task('mode', file({ path: `${root}/x`, mode: '0644' }))
      task('block', blockInFile({ path: `${root}/x`, block: '1' }))
      task('other block', blockInFile({ path: `${root}/x`, block: '2' }))
    })
    expect(statuses(report)).to.deep.equal(['mode: change', 'block: ok', 'other block: change'])
    expect(report.tasks[2]?.changes[0]?.diff).to.include(' mine').and.include('-1\n+2')
  }))

  it('gives later tasks a result that follows from what was foretold', () => inTemporaryDirectory(async root => {
    const args = z.strictObject({})
    const sized = defineModule<typeof args, { mode: string }>({
      name: 'sized', args, placeholder: { mode: '0000' },
      plan: () => ({ wants: [want(fileResource, { path: `${root}/x` }, { type: 'file', mode: '0640' })], output: ([state]) => (typeof state?.mode === 'string' ? { mode: state.mode } : undefined) }),
    })
    writeFileSync(`${root}/copy`, 'old')
    const report = await check(({ task }) => {
      const made = task('make', sized({}))
      task('use', async () => file({ path: `${root}/copy`, content: `${(await made).mode}\n` }))
    })
    expect(statuses(report)).to.deep.equal(['make: change', 'use: change'])
    expect(report.tasks[1]?.changes[0]?.diff).to.include('+0640')
  }))

  it('says may-change, and why, of what a package still to be installed may bring', async () => {
    const report = await check(({ task }) => {
      task('before', directory({ path: '/no/such/before' }))
      task('install', apt({ packages: ['hello', 'sl'] }))
      task('directory', directory({ path: '/no/such/directory' }))
      task('own file', file({ path: '/no/such/file', content: 'mine' }))
      task('unwanted', file({ path: '/no/such/default', state: 'absent' }))
      task('user', user({ name: 'no-such-user-here' }))
    })
    if (report.tasks[1]?.status === 'failed') expect.fail(report.tasks[1].error ?? '')
    expect(statuses(report)).to.deep.equal(['before: change', 'install: change', 'directory: may-change', 'own file: change', 'unwanted: may-change', 'user: may-change'])
    for (const task of report.tasks.slice(2).filter(({ status }) => status === 'may-change')) expect(task.changes[0]?.reason).to.equal('it may come with the packages still to be installed (hello, sl)')
    expect(report.status).to.equal('change')
  })

  it('says may-change of a file that a command will make, and knows that it will be there', () => inTemporaryDirectory(async root => {
    const report = await check(({ task }) => {
      task('make', command({ argv: ['make'], creates: `${root}/made` }))
      task('make again', command({ argv: ['make', 'more'], creates: `${root}/made` }))
      task('mode', file({ path: `${root}/made`, mode: '0600' }))
    })
    expect(statuses(report).filter(line => !line.startsWith('make again'))).to.deep.equal(['make: change', 'mode: may-change'])
    expect(report.tasks.at(-1)?.changes[0]?.reason).to.include('known only after applying')
  }))

  it('says may-change of an existing file whose content depends on a result that is not known yet', () => inTemporaryDirectory(async root => {
    writeFileSync(`${root}/copy`, 'old')
    const args = z.strictObject({})
    const named = defineModule<typeof args, { name: string }>({
      name: 'named', args, placeholder: { name: 'not-known-yet' },
      plan: () => ({ wants: [want({ ...packageResource, kind: 'thing', read: keys => ({ script: read`:`, parse: () => keys.map(() => null) }), apply: () => ({ script: apply`:` }) }, { name: 'x', options: {} }, { status: 'installed', argument: 'x' })], output: ([state]) => (state?.version === undefined ? undefined : { name: 'known' }) }),
    })
    const report = await check(({ task }) => {
      const made = task('name it', named({}))
      task('use', async () => file({ path: `${root}/copy`, content: (await made).name }))
    })
    expect(statuses(report)).to.deep.equal(['name it: change', 'use: may-change'])
    expect(report.tasks[1]?.changes[0]?.reason).to.equal('it depends on the result of "name it", which is known only after applying')
  }))

  it('waits for nothing, and says of a host as it should be what is not so', () => inTemporaryDirectory(async root => {
    const alone = await check(({ task }) => void task('wait', waitFor({ path: `${root}/x`, timeoutSeconds: 600 })))
    expect(statuses(alone)).to.deep.equal(['wait: failed'])
    const later = await check(({ task }) => {
      task('make', file({ path: `${root}/y` }))
      task('wait', waitFor({ path: `${root}/x`, timeoutSeconds: 600 }))
    })
    expect(statuses(later)).to.deep.equal(['make: change', 'wait: ok'])
  }))

  it('goes on after a task that cannot be predicted before the changes above it, and stops at one that fails by itself', () => inTemporaryDirectory(async root => {
    const report = await check(({ task }) => {
      task('make', file({ path: `${root}/y` }))
      task('block', blockInFile({ path: `${root}/nowhere`, block: 'x' }))
      task('what may come with it', file({ path: `${root}/z` }))
      task('own content', file({ path: `${root}/own`, content: 'mine' }))
    })
    expect(statuses(report)).to.deep.equal(['make: change', 'block: may-change', 'what may come with it: may-change', 'own content: change'])
    expect(report.tasks[2]?.changes[0]?.reason).to.equal('it may come with "block", which is not known yet')
    expect(report.tasks[1]?.changes[0]?.reason).to.include('cannot be predicted until the changes above are applied').and.include('does not exist')
    expect(statuses(await check(({ task }) => {
      task('block', blockInFile({ path: `${root}/nowhere`, block: 'x' }))
      task('after', file({ path: `${root}/z` }))
    }))).to.deep.equal(['block: failed'])
  }))

  it('foretells the handlers that a run would run, in their order, and as sure as the tasks that notify them', () => inTemporaryDirectory(async root => {
    const report = await check(({ task, handler, flushHandlers }) => {
      const [one, two, three] = ['one', 'two', 'three'].map(name => handler(name, command({ argv: ['true'] })))
      if (!one || !two || !three) return
      task('ok', file({ path: `${root}/absent`, state: 'absent' }), { notify: one })
      task('change', file({ path: `${root}/x` }), { notify: three })
      flushHandlers()
      task('install', apt({ packages: ['hello'] }), { notify: one })
      task('may', directory({ path: '/no/such/directory' }), { notify: [one, two] })
    })
    expect(report.handlers).to.deep.equal([{ name: 'three', status: 'change', after: 2 }, { name: 'one', status: 'change', after: 4 }, { name: 'two', status: 'may-change', after: 4, reason: 'a task that notifies it may change' }])
  }))

  it('is taken by no lock', () => inTemporaryDirectory(async root => {
    const [one, other] = await Promise.all([check(({ task }) => void task('a', file({ path: `${root}/a` }))), check(({ task }) => void task('a', file({ path: `${root}/a` })))])
    expect([one.status, other.status]).to.deep.equal(['change', 'change'])
  }))
})
