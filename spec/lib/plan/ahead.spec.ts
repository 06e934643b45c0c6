import { existsSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { playbook } from '../../../lib/playbook/playbook.ts'
import { checkPlaybooks, lookAhead } from '../../../lib/run/run-playbooks.ts'
import { command } from '../../../modules/command.ts'
import { download } from '../../../modules/download.ts'
import { file } from '../../../modules/file.ts'
import { onionService } from '../../../modules/onion-service.ts'
import { template } from '../../../modules/template.ts'
import { here, runLocally, runOver, statuses, type Tasks } from '../run/local-run.ts'
import { privateConnect } from '../../helpers/own-place.ts'
import { inTemporaryDirectory } from '../shell/local-session.ts'

/** What is found wrong before any connection. */
async function mistakes(tasks: Tasks): Promise<string> {
  const inventory = { path: 'spec.ts', hosts: [here], groups: new Map([['all', ['here']]]), warnings: [] }
  const selection = { extraVars: {}, tags: [], skipTags: [] }
  return lookAhead(checkPlaybooks([playbook({ name: 'Spec', hosts: 'all', tasks })], inventory, selection), selection).then(() => '', (error: unknown) => String(error))
}

describe('A playbook is looked at ahead', () => {
  it('and all mistakes in it are reported before any connection: arguments from a function, templates, missing files', () => inTemporaryDirectory(async place => {
    writeFileSync(`${place}/wrong.eta`, 'first\n<%= it.missing %>\n')
    const told = await mistakes(({ task, handler }) => {
      task('late', async () => file({ path: 'relative' }))
      task('template', template({ path: `${place}/x`, source: `${place}/wrong.eta`, vars: { given: 1 } }))
      task('nowhere', template({ path: `${place}/x`, source: 'nowhere.eta' }))
      handler('handler', () => command({ argv: [] }))
    })
    expect(told).to.include('wrong in 4 places; nothing was touched')
    for (const part of ['"late"', 'path: must be', 'line 2', '"missing"', 'nowhere.eta was not found', '"handler"', 'argv: must name a program']) expect(told).to.include(part)
  }))

  it('[fault 34] and so are a list of checksums that is missing or does not contain the file, awaiting a later task, and errors in a task\'s own code', () => inTemporaryDirectory(async place => {
    writeFileSync(`${place}/SHA256SUMS`, `${'0'.repeat(64)}  other.tar\n`)
    const told = await mistakes(({ task, handler, host }) => {
      task('missing list', download({ url: 'https://example.org/a.tar', path: `${place}/a`, checksums: `${place}/none` }))
      task('nowhere', download({ url: 'https://example.org/a.tar', path: `${place}/a`, checksums: 'none.txt' }))
      task('not in it', download({ url: 'https://example.org/a.tar', path: `${place}/a`, checksums: `${place}/SHA256SUMS` }))
      task('early', async () => file({ path: `${place}/early`, content: (await late).stdout }))
      const onion = task('onion', onionService({ name: 'web', ports: { 80: '127.0.0.1:80' } }))
      task('after a result', async () => file({ path: `${place}/${(await onion).hostname}${(await late).stdout}` }))
      const late = task('late', command({ argv: ['echo', 'late'], reads: true }))
      task('type error', () => { throw new TypeError('x is not a function') })
      task('a thrown text', () => Promise.reject(new Error('plain')))
      task('wanted for sure', () => { throw new Error('wanted') }, { when: () => true })
      task('when', file({ path: `${place}/x` }), { when: () => { throw new Error('condition') } })
      handler('in a handler', () => { throw new RangeError('too far') })
      task('facts in a function', () => { throw new Error(host.os.id) })
      task('facts in a condition', () => { throw new Error('not told') }, { when: () => host.cores > 1 })
    })
    for (const part of [
      `"missing list": The list of checksums ${place}/none cannot be read: ENOENT`, '"nowhere": The file none.txt was not found', `"not in it": There is no SHA-256 for the file a.tar in ${place}/SHA256SUMS`,
      '"early" awaits the result of "late", which comes later', '"after a result" awaits the result of "late"', '"type error": TypeError: x is not a function', '"a thrown text": plain', '"wanted for sure": wanted',
      '"when": condition', '"in a handler": RangeError: too far',
    ]) expect(told).to.include(part)
    for (const part of ['facts in', 'not told']) expect(told).to.not.include(part)
    expect(told).to.match(/"type error": .*\n.*It comes from spec\/lib\/plan\/ahead\.spec\.ts:\d+:\d+\./)
  }))

  it('[fault 13] and reports what an async function adds after tasks() has returned, since it would never run', () => inTemporaryDirectory(async place => {
    const role = async ({ task }: Parameters<Tasks>[0]) => {
      await Promise.resolve()
      task('late', file({ path: `${place}/x` }))
    }
    expect(await mistakes(play => void role(play))).to.include('the task "late" was added after tasks() had returned, so it would never run')
  }))

  it('but not what depends on a result or on a condition that is false, or is ignored', () => inTemporaryDirectory(async place => {
    expect(await mistakes(({ task }) => {
      const found = task('read', command({ argv: ['echo', '/x'], reads: true }))
      task('of a result', async () => file({ path: (await found).stdout.trim() }))
      task('of a condition', async () => file({ path: 'relative' }), { when: () => false })
      task('ignored', async () => file({ path: 'relative' }), { ignoreErrors: true })
      task('fine', file({ path: `${place}/x` }))
    })).to.equal('')
  }))

  it('and a mistake in a playbook that uses facts is reported with all others once they are known, and nothing is touched', () => inTemporaryDirectory(async place => {
    for (const check of [true, false]) {
      const report = await runLocally(({ task, host }) => {
        task('first', file({ path: `${place}/x`, content: host.os.id }))
        task('late', async () => file({ path: 'relative', mode: '9' }))
      }, { check })
      expect([report.status, statuses(report), existsSync(`${place}/x`)]).to.deep.equal(['failed', [], false])
      expect(report.error).to.include('"late": The arguments of file are wrong.').and.include('path: must be').and.include('mode: must be')
    }
  }))
})

describe('A task that awaits another', () => {
  const tasks = (place: string): Tasks => ({ task }) => {
    const made = task('make', command({ argv: ['cat', `${place}/name`], reads: true }), { tags: ['make'] })
    task('use', async () => file({ path: `${place}/use`, content: (await made).stdout }), { tags: ['use'] })
  }
  const choose = ({ options: { tags = [] } }: { options: { tags?: readonly string[] } }) => tags.includes('use')

  it('which tags leave out has its result where the host is already as that one says', () => inTemporaryDirectory(async place => {
    writeFileSync(`${place}/name`, 'me')
    for (const check of [true, false]) expect(statuses(await runLocally(tasks(place), { check, choose }))).to.deep.equal(['use: change'])
    expect(statuses(await runLocally(tasks(place), { choose }))).to.deep.equal(['use: ok'])
  }))

  it('which tags leave out fails where that one would have something to do, and does not wait forever', () => inTemporaryDirectory(async place => {
    const failed = await runLocally(tasks(place), { choose })
    expect([statuses(failed), failed.tasks[0]?.error?.includes('cat')]).to.deep.equal([['use: failed'], true])
  }))

  it('that comes later, or itself, is reported as an error, in a check and in a run', () => inTemporaryDirectory(async place => {
    const later: Tasks = ({ task }) => {
      task('early', async () => file({ path: `${place}/early`, content: (await late).stdout }))
      const late = task('late', command({ argv: ['echo', 'late'], reads: true }))
    }
    for (const check of [true, false]) expect((await runLocally(later, { check })).error).to.include('"early" awaits the result of "late", which comes later')
  }))

  it('and is a handler: what comes behind the flush has no result yet, and it fails instead of waiting forever', () => inTemporaryDirectory(async place => {
    const report = await runOver(privateConnect(`${place}/host`), ({ task, handler, flushHandlers }) => {
      const restart = handler('restart', async () => command({ argv: ['touch', `${place}/${(await late).stdout}`] }))
      task('change', file({ path: `${place}/x` }), { notify: restart })
      flushHandlers()
      const late = task('late', command({ argv: ['echo', 'late'], reads: true }))
    })
    expect(report.handlers[0]?.error).to.include('"late" gave no result').and.include('it comes later')
  }))
})
