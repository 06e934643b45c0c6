import { PlaybookError } from '../errors.ts'

/** The mistakes found before a run starts, each once, with the hosts that have it. */
export class Problems {
  readonly #hosts = new Map<string, string[]>()
  /** What to do, where one sentence fits all. */
  hint: string | undefined

  note(problem: string, host?: string): void {
    const hosts = this.#hosts.get(problem) ?? []
    this.#hosts.set(problem, host === undefined || hosts.includes(host) ? hosts : [...hosts, host])
  }

  /** @throws PlaybookError with all of them, if there are any. */
  refuse(): void {
    if (this.#hosts.size === 0) return
    const lines = [...this.#hosts].map(([problem, hosts]) => (hosts.length === 0 ? problem : withHosts(problem, hosts)))
    throw new PlaybookError(`The playbook is wrong in ${lines.length} ${lines.length === 1 ? 'place' : 'places'}; nothing was touched.\n${lines.join('\n')}`, { hint: this.hint })
  }
}

/** The hosts go at the end of the first line; the lines below give details. */
function withHosts(problem: string, hosts: readonly string[]): string {
  const [first = '', ...rest] = problem.split('\n')
  return [`${first} (${hosts.join(', ')})`, ...rest].join('\n')
}
