import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import { driftRounds } from '../helpers/drift-rounds.ts'
import { fileListing } from '../helpers/file-listing.ts'
import { heldAgainst } from '../helpers/foretold.ts'
import type { LabHost } from '../helpers/lab-host.ts'
import { blankHosts } from '../helpers/lab-lifecycle.ts'
import { addRepositoryBeside } from '../helpers/package-repository.ts'
import { Stead, type Run } from '../helpers/run-stead.ts'
import { WorkDirectory } from '../helpers/work-directory.ts'
import { proof } from './every-module/proof.ts'

const name = 'spec-forty'
const playbook = 'spec/playbooks/every-module/playbook.ts'
const project = path.join(import.meta.dirname, '..', '..')

describe('A playbook of 40 tasks that uses every module, on a blank host', function () {
  this.timeout(180_000)

  const work = new WorkDirectory('every-module')
  const stead = new Stead(work)
  const inventory = work.inventory('notes.ts', { [name]: { groups: ['notes'] } })
  let host: LabHost
  let untouched: string[]
  let checked: Run
  let applied: Run

  const expectNothing = (run: Run): void => {
    expect(run.status, run.told).to.equal(0)
    expect([run.notOk(name), run.handlers(name)], run.told).to.deep.equal([[], []])
    expect(run.host(name).roundTrips, run.told).to.equal(1)
  }

  before(async function () {
    this.timeout(300_000)
    host = (await blankHosts(name))[name]
    await host.run('systemctl is-system-running --wait >/dev/null')
    // apt's own caches are made anew by whoever asks apt: a check must not.
    await host.run(addRepositoryBeside([{ name: 'notes-tools', version: '1.0', suite: 'stable', conffile: true }]) + '; rm -f /var/cache/apt/*.bin')
    untouched = fileListing(host.overlay)
    checked = await stead.run(playbook, inventory, '--check')
  })

  after(() => work.remove())

  it('has 40 tasks or some more, and each module of modules/ does something in it', () => {
    const sources = readdirSync(path.join(project, 'spec/playbooks/every-module')).filter(file => file.endsWith('.ts')).map(file => readFileSync(path.join(project, 'spec/playbooks/every-module', file), 'utf8'))
    const modules = readdirSync(path.join(project, 'modules')).map(file => path.parse(file).name)
    const used = new Set(checked.host(name).tasks.map(({ module }) => module))
    const named = modules.filter(module => sources.some(source => source.includes(`/modules/${module}.ts'`)))
    expect(modules.filter(module => !named.includes(module)), 'imported by no part of the playbook').to.deep.equal([])
    // A task that cannot be told names no module: the run knows all.
    expect(modules.filter(module => !used.has(module)), 'without a task in the check').to.deep.equal([])
    expect(checked.host(name).tasks.length).to.be.within(40, 50)
  })

  it('is checked to its end, with status 2, and nothing of the host is written', async () => {
    expect(checked.status, checked.told).to.equal(2)
    expect(checked.host(name).tasks.filter(({ status }) => status === 'failed' || status === 'skipped')).to.deep.equal([])
    expect(fileListing(host.overlay).filter(line => !untouched.includes(line))).to.deep.equal([])
    expect(fileListing(host.overlay)).to.deep.equal(untouched)
    const temporary = await host.run('ls -A /tmp /run/stead /dev/shm 2>&1 || :')
    expect(temporary).to.include('No such file')
    expect(temporary).not.to.include('stead-')
  })

  it('is uncertain in less than a fifth of its tasks, and says of each why', () => {
    const { tasks } = checked.host(name)
    const unsure = tasks.filter(({ status }) => status === 'may-change')
    expect(unsure.map(task => task.name).length, unsure.map(task => task.name).join(', ')).to.be.below(tasks.length / 5)
    for (const task of unsure) expect(task.changes.some(({ reason = '' }) => reason.length > 10), task.name).to.equal(true)
  })

  it('becomes so in one run, whose changes were all foretold, and every change that was sure came true', async function () {
    this.timeout(240_000)
    applied = await stead.run(playbook, inventory)
    expect(applied.status, applied.told).to.equal(0)
    expect(heldAgainst(checked.host(name), applied.host(name))).to.deep.equal({ unforetold: [], untrue: [] })
    expect(applied.host(name).tasks.map(task => task.name)).to.deep.equal(checked.host(name).tasks.map(task => task.name))
  })

  it('is then left alone, in one round trip', async () => expectNothing(await stead.run(playbook, inventory)))

  it('is then found so by a check, in one round trip', async () => expectNothing(await stead.run(playbook, inventory, '--check')))

  it('is repaired as a check foretold, whatever of it was damaged by hand', async function () {
    this.timeout(240_000)
    await driftRounds({ stead, playbook, inventory, host, made: applied.resources(name), proof, rounds: 3 })
  })
})
