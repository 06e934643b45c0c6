import { readFileSync } from 'node:fs'
import path from 'node:path'
import { ensureLab, labStatus, removeHost } from '../../lab/index.ts'
import { labPlace } from '../../lab/place.ts'
import { prepare } from '../../lib/run/open-host.ts'
import type { Observer } from '../../lib/walk/host-walk.ts'
import { playbook, type Play, type Playbook } from '../../lib/index.ts'
import type { ModuleCall } from '../../lib/resource.ts'
import type { Host } from '../../lib/inventory/host.ts'
import type { HostReport } from '../../lib/report/report.ts'
import { runHost } from '../../lib/run/run-host.ts'
import { ReadScript } from '../../lib/shell/script.ts'
import { Session } from '../../lib/shell/session.ts'
import type { Output } from '../../lib/shell/output.ts'
import { connectSsh } from '../../lib/transport/ssh.ts'
import { announceHosts } from './lab-lifecycle.ts'
import { connectPrivately } from './own-place.ts'
import { publishedHost } from './published-schema.ts'

/** What a spec runs on a host: one call, several in order, or what a playbook's tasks() does. */
export type Work = ModuleCall<unknown> | readonly ModuleCall<unknown>[] | ((play: Play) => void)

/** A host that specs run against, in this process. */
export class SpecHost {
  readonly host: Host
  /** Its root file system as this machine sees it. */
  readonly root: string
  /** What runs printed for the operator besides their reports. */
  readonly notes: string[] = []
  readonly #session: Session | undefined

  constructor(host: Host, root: string) {
    this.host = host
    this.root = root
    if (host.connection === 'ssh') this.#session = new Session(() => connectSsh(host), { host: host.name, become: 'none' })
  }

  readonly #observer: Observer = { taskStarted: () => undefined, taskDone: () => undefined, handlerDone: () => undefined, note: (_host, message) => void this.notes.push(message) }

  /** Runs a playbook of `work` as `run.ts` would; what goes wrong is in the report. */
  async run(work: Work, options: { check?: boolean } = {}): Promise<HostReport> {
    return this.runPlaybook(playbook({
      name: 'spec', hosts: 'all',
      tasks(play: Play) {
        if (typeof work === 'function') {
          work(play)
          return
        }
        const calls: readonly ModuleCall<unknown>[] = 'plan' in work ? [work] : work
        for (const [index, call] of calls.entries()) play.task(`${index + 1} ${call.module}`, call)
      },
    }), options)
  }

  /** Runs a playbook, whatever hosts it is for. */
  async runPlaybook(play: Playbook, { check = false }: { check?: boolean } = {}): Promise<HostReport> {
    const prepared = prepare(play, { name: this.host.name, address: this.host.address, groups: [] }, {})
    return publishedHost(await runHost(this.host, prepared, { check, choose: () => true, observer: this.#observer, connect: this.host.connection === 'local' ? connectPrivately : undefined }), check)
  }

  /** {@link run} in check mode. */
  check(work: Work): Promise<HostReport> {
    return this.run(work, { check: true })
  }

  /** {@link run}, and throws unless all of it went well. */
  async apply(work: Work): Promise<HostReport> {
    const report = await this.run(work)
    const error = errorOf(report)
    if (error !== undefined) throw new Error(error)
    return report
  }

  /** Runs a shell script on the host as root and returns its output; throws if it fails. */
  async sh(script: string, stdin?: Uint8Array): Promise<string> {
    return (await this.bytes(script, stdin)).toString()
  }

  /** {@link sh}, as bytes. */
  async bytes(script: string, stdin?: Uint8Array): Promise<Buffer> {
    const { stdout, stderr, exitCode } = await this.trySh(script, stdin)
    if (exitCode !== 0) throw new Error(`The script failed (${exitCode}): ${script}\n${stderr}`)
    return stdout
  }

  /** Runs a shell script on the host as root, and returns the result. */
  async trySh(script: string, stdin?: Uint8Array): Promise<Output> {
    if (!this.#session) throw new Error('Scripts are for hosts reached by SSH.')
    const [output] = await this.#session.apply([{ script: new ReadScript(script), stdin }])
    if (!output) throw new Error('The host gave no answer.')
    return output
  }

  /** A file's bytes, read directly from the host's root file system. */
  bytesOf(file: string): Buffer {
    return readFileSync(path.join(this.root, file))
  }

  close(): void {
    this.#session?.close()
  }
}

const hosts = new Map<string, Promise<SpecHost>>()

/**
 * The lab host of that name, created if it does not exist, once per process. Names start with
 * `spec-`.
 */
export function labHost(name: string): Promise<SpecHost> {
  const made = hosts.get(name) ?? make(name)
  hosts.set(name, made)
  return made
}

async function make(name: string): Promise<SpecHost> {
  await announceHosts(name)
  await ensureLab({ hosts: [name] })
  const status = (await labStatus())?.hosts.find(each => each.name === name)
  if (!status) throw new Error(`The lab did not make ${name}.`)
  const { address, port, user, identityFile, root } = status
  return new SpecHost({ name, groups: [], address, port, user, identityFile, knownHostsFile: path.join(labPlace().dir, 'known_hosts'), connection: 'ssh', vars: {} }, root)
}

/**
 * Ends and removes the host; for a spec's after(). With STEAD_KEEP_HOSTS set it stays, for the next
 * run of the spec.
 */
export async function dropHost(name: string): Promise<void> {
  const made = hosts.get(name)
  hosts.delete(name)
  if (made) (await made).close()
  if (!process.env.STEAD_KEEP_HOSTS) await removeHost(name)
}

/** What went wrong in a run, or undefined. */
export function errorOf({ error, tasks, handlers }: HostReport): string | undefined {
  const errors = [error, ...tasks.map(task => task.error), ...handlers.map(handler => handler.error)].filter(each => each !== undefined)
  return errors.length ? errors.join('\n') : undefined
}

/** The pieces of state that a report says have changed, or will: `file[/etc/motd]`. */
export function changed(report: HostReport, statuses: readonly string[] = ['change']): string[] {
  return report.tasks.filter(({ status }) => statuses.includes(status)).flatMap(({ changes }) => changes.map(({ resource }) => resource)).sort()
}

/** All diffs of a report in one text. */
export function diffs({ tasks }: HostReport): string {
  return tasks.flatMap(({ changes }) => changes.map(({ resource, diff }) => `${resource}\n${diff}`)).join('\n')
}
