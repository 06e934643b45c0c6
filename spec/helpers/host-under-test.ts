import { ensureLab, lab } from '../../lab/index.ts'
import { prepare, type Observer } from '../../lib/apply/host.ts'
import type { Host } from '../../lib/inventory/host.ts'
import { playbook, type Play } from '../../lib/playbook/playbook.ts'
import type { HostReport } from '../../lib/report/report.ts'
import { runHost } from '../../lib/run/run-host.ts'
import { ApplyScript } from '../../lib/shell/script.ts'
import { Session } from '../../lib/shell/session.ts'
import { connectSsh } from '../../lib/transport/ssh.ts'
import { announceHosts } from './lab-lifecycle.ts'
import { publishedHost } from './published-schema.ts'

const observer: Observer = { taskStarted: () => undefined, taskDone: () => undefined, handlerDone: () => undefined, note: () => undefined }

/** A lab host as specs use it: playbooks run on it in this process, and scripts beside them. */
export class LabHostUnderTest {
  readonly host: Host
  #session: Session | undefined

  private constructor(host: Host) {
    this.host = host
  }

  /** Brings the host up, or finds that it is. */
  static async up(name: string): Promise<LabHostUnderTest> {
    await announceHosts(name)
    const vars = lab({ hosts: { [name]: { groups: ['spec'] } } }).all.children.spec?.hosts[name] ?? {}
    const address = String(vars.ansible_host)
    await ensureLab({ hosts: [name], promised: { [name]: address } })
    return new LabHostUnderTest({
      name, groups: ['spec'], address, port: 22, user: 'root', connection: 'ssh', vars: {},
      identityFile: String(vars.ansible_ssh_private_key_file), knownHostsFile: String(vars.stead_known_hosts_file),
    })
  }

  /** Runs tasks as a playbook of this host alone. */
  async run(tasks: (play: Play) => void, { check = false } = {}): Promise<HostReport> {
    const play = playbook({ name: 'spec', hosts: 'spec', tasks })
    const prepared = prepare(play, { name: this.host.name, address: this.host.address, groups: this.host.groups }, {})
    return publishedHost(await runHost(this.host, prepared, { check, choose: () => true, observer }), check)
  }

  /** Runs a script on the host, past stead's own ways; gives what it printed. */
  async shell(script: string): Promise<string> {
    const { stdout, stderr, exitCode } = await this.tryShell(script)
    if (exitCode !== 0) throw new Error(`exit ${exitCode}: ${stderr}`)
    return stdout
  }

  async tryShell(script: string): Promise<{ stdout: string; stderr: string; exitCode: number }> {
    this.#session ??= new Session(() => connectSsh(this.host), { host: this.host.name, become: 'none' })
    // An apply part's output goes to its standard error; a file brings it back apart.
    const out = '/run/spec.out'
    const [, run] = await this.#session.apply([
      { script: new ApplyScript(':') },
      { script: new ApplyScript(`(${script}\n) >${out} </dev/null`) },
    ])
    const { ReadScript } = await import('../../lib/shell/script.ts')
    const [read] = await this.#session.read([{ script: new ReadScript(`cat ${out}`) }])
    return { stdout: read?.stdout.toString() ?? '', stderr: run?.stderr ?? '', exitCode: run?.exitCode ?? 255 }
  }

  close(): void {
    this.#session?.close()
    this.#session = undefined
  }
}
