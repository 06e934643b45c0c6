import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import { command } from '../../../modules/command.ts'
import { playbookSource, runStead, Workspace } from '../../command-line/run-stead.ts'
import { runLocally } from './local-run.ts'

/** Which directories /run and /var/lib are, as a task sees them. */
const look = (file: string) => ['sh', '-c', `stat -c %d:%i /run /var/lib >${file}; ls /run/stead >>${file}`]
const ofMachine = (): string[] => ['/run', '/var/lib'].map(each => statSync(each)).map(({ dev, ino }) => `${dev}:${ino}`)

describe('specs that run stead on this machine', function () {
  this.timeout(180_000)
  const workspace = new Workspace()
  after(() => workspace.remove())

  /** What a task saw: not the directories of the machine, and in its own the lock of its run. */
  const expectOwn = (file: string) => {
    const [run, lib, ...locks] = readFileSync(file, 'utf8').trim().split('\n')
    const [machineRun, machineLib] = ofMachine()
    expect(run).to.match(/^\d+:\d+$/).and.not.equal(machineRun)
    expect(lib).to.match(/^\d+:\d+$/).and.not.equal(machineLib)
    expect(locks).to.deep.equal(['holder', 'lock'])
  }

  it('take a lock of their own and not the machine\'s, and keep a journal of their own', async () => {
    const seen = path.join(workspace.directory, 'seen')
    expect((await runLocally(({ task }) => { task('Look', command({ argv: look(seen) })) })).status).to.equal('change')
    expectOwn(seen)
  })

  it('do so in a process of their own as well', async () => {
    const seen = path.join(workspace.directory, 'seen-too')
    workspace.write('inventories/here.yml', 'all: { hosts: { here: { ansible_connection: local, ansible_become: false } } }\n')
    workspace.write('playbooks/look.ts', playbookSource(`task('Look', command({ argv: ${JSON.stringify(look(seen))} }))`))
    const { status, error } = await runStead(['playbooks/look.ts', '-i', 'here'], { cwd: workspace.directory })
    expect([status, error]).to.deep.equal([0, ''])
    expectOwn(seen)
  })
})
