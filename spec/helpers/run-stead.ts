import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { execa } from 'execa'
import type { HostReport, Report } from '../../lib/report/report.ts'
import { ownCache } from './own-cache.ts'
import { published } from './published-schema.ts'
import type { WorkDirectory } from './work-directory.ts'

const project = path.join(import.meta.dirname, '..', '..')

/** What a run of the command left behind. */
export class Run {
  readonly status: number | undefined
  readonly stdout: string
  readonly stderr: string
  /** The text of every report that it wrote. */
  readonly reports: readonly string[]

  constructor(result: { status: number | undefined; stdout: string; stderr: string; reports: readonly string[] }) {
    this.status = result.status
    this.stdout = result.stdout
    this.stderr = result.stderr
    this.reports = result.reports
  }

  /**
   * What it printed, for the message of an assertion that fails; of long output the beginning and
   * the end.
   */
  get told(): string {
    const lines = `${this.stdout}\n${this.stderr}`.trim().split('\n')
    const shown = lines.length > 80 ? [...lines.slice(0, 40), '…', ...lines.slice(-40)] : lines
    return `stead ended with ${this.status}, and said:\n${shown.join('\n')}\n`
  }

  get report(): Report {
    const [json] = this.reports
    if (json === undefined) throw new Error(`No report was written: ${this.told}`)
    return published(JSON.parse(json))
  }

  /** The report of one host. */
  host(name: string): HostReport {
    const host = this.report.hosts[name]
    if (!host) throw new Error(`The report says nothing of ${name}: ${this.told}`)
    return host
  }

  /** The names of a host's tasks that are not as they should be, in their order. */
  notOk(name: string): string[] {
    return this.host(name).tasks.filter(({ status }) => status !== 'ok' && status !== 'skipped').map(task => task.name)
  }

  /** What of a host differed, as it is printed: `file[/etc/tor/torrc]`. */
  resources(name: string): string[] {
    return this.host(name).tasks.flatMap(({ changes }) => changes.map(({ resource }) => resource))
  }

  handlers(name: string): string[] {
    return this.host(name).handlers.map(handler => handler.name)
  }
}

/** A run that is under way. */
export interface RunningStead {
  pid: number
  /** Ends the controller at once, without any chance to tidy up. */
  sigkill: () => void
  ended: Promise<Run>
}

/**
 * The command, as a user calls it, for the specs of one file: a process of its own, no terminal, no
 * input.
 */
export class Stead {
  /** Everything that its runs printed and reported, to be searched for what must not be there. */
  readonly runs: Run[] = []
  readonly #work: WorkDirectory
  #count = 0

  constructor(work: WorkDirectory) {
    this.#work = work
  }

  /** @example stead.start('playbooks/synapse.ts', inventory, '--check') */
  start(playbook: string, inventory: string, ...options: string[]): RunningStead {
    return this.#start([process.execPath, '--import', 'tsx'], playbook, inventory, options)
  }

  /**
   * As the README has it. The process is that of npx, and ends without waiting for stead if it is
   * killed.
   */
  startByNpx(playbook: string, inventory: string, ...options: string[]): RunningStead {
    return this.#start(['npx', 'tsx'], playbook, inventory, options)
  }

  #start([program = '', ...before]: string[], playbook: string, inventory: string, options: readonly string[]): RunningStead {
    this.#count += 1
    const reports = ['json', 'html', 'xml'].map(extension => path.join(this.#work.path, `report-${this.#count}.${extension}`))
    const words = [playbook, '-i', inventory, ...options, ...reports.flatMap(report => ['--report', report])]
    const child = execa(program, [...before, 'run.ts', ...words], {
      cwd: project, env: { CI: 'true', ...ownCache }, stdin: 'ignore', reject: false, stripFinalNewline: false, maxBuffer: 500_000_000,
    })
    if (child.pid === undefined) throw new Error('stead could not be started.')
    const ended = child.then(({ exitCode, stdout, stderr }) => {
      const run = new Run({ status: exitCode, stdout, stderr, reports: reports.filter(report => existsSync(report)).map(report => readFileSync(report, 'utf8')) })
      this.runs.push(run)
      if (run.reports.length > 0) published(run.report)
      return run
    })
    return { pid: child.pid, sigkill: () => void child.kill('SIGKILL'), ended }
  }

  /** Runs to the end. */
  async run(playbook: string, inventory: string, ...options: string[]): Promise<Run> {
    return this.start(playbook, inventory, ...options).ended
  }
}
