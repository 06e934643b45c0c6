import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import type { Play } from '../../lib/index.ts'
import type { HostReport } from '../../lib/report/report.ts'
import { systemd } from '../../modules/systemd.ts'
import { anyTasks, preparation, type DrawnTask } from '../helpers/any-work.ts'
import { driftRounds } from '../helpers/drift-rounds.ts'
import { heldAgainst } from '../helpers/foretold.ts'
import { callsOf } from '../helpers/imports.ts'
import { blankHosts } from '../helpers/lab-lifecycle.ts'
import { dropHost, labHost, type SpecHost } from '../helpers/module-host.ts'
import { Stead } from '../helpers/run-stead.ts'
import { seed } from '../helpers/seed.ts'
import { WorkDirectory } from '../helpers/work-directory.ts'

const name = 'spec-proof-any'
const hello = 'spec-proof-hello'
const runs = Number(process.env.STEAD_RUNS ?? 12)

const playing = (tasks: readonly DrawnTask[]) => (play: Play): void => {
  const restart = play.handler('Restart', systemd({ unit: 'any-unit-one', state: 'restarted' }))
  for (const [index, { text, add, notify, flush }] of tasks.entries()) {
    if (flush) play.flushHandlers()
    add(play, `${index + 1} ${text}`, notify ? { notify: restart } : {})
  }
}

const told = (report: HostReport): string => [...report.tasks, ...report.handlers.map(handler => ({ ...handler, changes: [] }))].map(({ name: task, status, error, changes }) =>
  `  ${status.padEnd(10)} ${task}${changes.map(({ resource, reason, diff }) => `\n${' '.repeat(13)}${resource}${reason === undefined ? '' : ` (${reason})`} ${diff.replaceAll('\n', ' | ').slice(0, 200)}`).join('')}${error === undefined ? '' : `\n${' '.repeat(13)}${error}`}`).join('\n')

/** A check, then a run: everything that changes was foretold, and every change that was sure comes true. */
async function proves(host: SpecHost, tasks: readonly DrawnTask[]): Promise<HostReport> {
  const check = await host.check(playing(tasks))
  const run = await host.run(playing(tasks))
  expect(heldAgainst(check, run), `check:\n${told(check)}\nrun: ${run.error ?? ""}\n${told(run)}\n`).to.deep.equal({ unforetold: [], untrue: [] })
  return run
}

describe('What a check foretells', function () {
  this.timeout(300_000)
  const work = new WorkDirectory('proof')
  after(() => work.remove())

  describe('of any playbook', () => {
    let host: SpecHost
    before(async () => {
      host = await labHost(name)
      await host.sh(preparation)
    })
    after(() => dropHost(name))

    it('comes true on a host in any state, and again on the host that it left', async () => {
      for (const [index, tasks] of fc.sample(anyTasks(work), { numRuns: runs, seed }).entries()) {
        try {
          await proves(host, tasks)
          await proves(host, tasks)
        } catch (error) {
          throw new Error(`With STEAD_SEED=${seed}, playbook ${index + 1}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
        }
      }
    })
  })

  describe('of the playbooks of this repository', () => {
    it('is proved of each: of Synapse and of every module beside their other specs, of the rest here', () => {
      const proved = new Map([['synapse', 'synapse.spec.ts'], ['hello', 'proof.spec.ts']])
      const playbooks = readdirSync(path.join(import.meta.dirname, '../../playbooks')).filter(file => file.endsWith('.ts')).map(file => path.parse(file).name)
      expect(playbooks).to.have.members([...proved.keys()])
      for (const [playbook, spec] of [...proved, ['every-module/playbook', 'every-module.spec.ts'] as const]) {
        const file = path.join(import.meta.dirname, spec)
        const calls = callsOf(file)
        expect([calls.has('heldAgainst'), calls.has('driftRounds'), readFileSync(file, 'utf8').includes(`playbooks/${playbook}.ts'`)], spec).to.deep.equal([true, true, true])
      }
    })

    it('comes true of hello: on a blank host, on one that is as it should be, and on one that was damaged', async () => {
      const host = (await blankHosts(hello))[hello]
      const stead = new Stead(work)
      const inventory = work.inventory('hello.ts', { [hello]: { groups: ['web'] } })
      const checked = await stead.run('playbooks/hello.ts', inventory, '--check')
      const applied = await stead.run('playbooks/hello.ts', inventory)
      expect([checked.status, applied.status], checked.told + applied.told).to.deep.equal([2, 0])
      expect(heldAgainst(checked.host(hello), applied.host(hello)), checked.told + applied.told).to.deep.equal({ unforetold: [], untrue: [] })
      for (const options of [[], ['--check']]) {
        const again = await stead.run('playbooks/hello.ts', inventory, ...options)
        expect([again.status, again.notOk(hello), again.host(hello).roundTrips], again.told).to.deep.equal([0, [], 1])
      }
      const proof = 'cat /etc/motd /etc/systemd/system/hello.*; stat -c "%n %U %a" /etc/motd; getent passwd hello | cut -d: -f1,7; systemctl is-enabled hello.timer; systemctl is-active hello.timer'
      await driftRounds({ stead, playbook: 'playbooks/hello.ts', inventory, host, made: applied.resources(hello), proof, rounds: 3 })
    })
  })
})
