import { createServer, type Server } from 'node:net'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { execa } from 'execa'
import { ownCache } from '../helpers/own-cache.ts'
import { inOwnPlace } from '../helpers/own-place.ts'
import { published } from '../helpers/published-schema.ts'

const root = path.join(import.meta.dirname, '..', '..')

/** What a run of the command came to. */
export interface Outcome {
  status: number | undefined
  out: string
  error: string
}

/** Runs stead as a user does, in a process of its own; to this machine as a host it has a lock and a journal of its own. It starts no lab there. */
export async function runStead(words: readonly string[], { cwd = root, env = {} }: { cwd?: string; env?: Record<string, string> } = {}): Promise<Outcome> {
  const [program = '', ...options] = inOwnPlace([process.execPath, '--import', path.join(root, 'node_modules', 'tsx', 'dist', 'loader.mjs'), path.join(root, 'run.ts'), ...words])
  const { exitCode, stdout, stderr } = await execa(program, options, {
    cwd, env: { CI: 'true', ...ownCache, ...env }, reject: false, timeout: 60_000, stdin: 'ignore', stripFinalNewline: false,
  })
  const reports = words.flatMap((word, index) => (words[index - 1] === '--report' && word.endsWith('.json') ? [path.join(cwd, word)] : []))
  for (const report of reports.filter(each => existsSync(each))) published(JSON.parse(readFileSync(report, 'utf8')))
  return { status: exitCode, out: stdout, error: stderr }
}

/** A port of this machine on which every connection is counted, and answered by nothing. */
export class CountingPort {
  readonly #server: Server
  connections = 0

  constructor() {
    this.#server = createServer(socket => {
      this.connections += 1
      socket.destroy()
    })
  }

  async listen(): Promise<number> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
    return this.port
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  async close(): Promise<void> {
    await new Promise(resolve => this.#server.close(resolve))
  }
}

/** A port of this machine on which nothing listens. */
export async function closedPort(): Promise<number> {
  const counting = new CountingPort()
  const port = await counting.listen()
  await counting.close()
  return port
}

/** A folder of a user of stead: it sees the project's lib/ and modules/, and has inventories/ and playbooks/ of its own. */
export class Workspace {
  readonly directory = mkdtempSync(path.join(tmpdir(), 'stead-spec-'))

  constructor() {
    for (const folder of ['inventories', 'playbooks']) mkdirSync(path.join(this.directory, folder))
    for (const shared of ['lib', 'modules', 'node_modules', 'package.json', 'tsconfig.json']) symlinkSync(path.join(root, shared), path.join(this.directory, shared))
  }

  write(name: string, content: string | Uint8Array): string {
    writeFileSync(path.join(this.directory, name), content)
    return name
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true })
  }
}

/** A playbook that uses these modules, written by its tasks. */
export function playbookSource(tasks: string, { hosts = 'all', vars = '' } = {}): string {
  const modules = ['apt', 'file', 'systemd', 'directory', 'command'].filter(name => tasks.includes(`${name}(`))
  return [
    `import { z } from 'zod'`, `import { playbook } from '../lib/index.ts'`, ...modules.map(name => `import { ${name} } from '../modules/${name}.ts'`),
    `export default playbook({ name: 'Spec', hosts: ${JSON.stringify(hosts)}, ${vars ? `vars: z.object(${vars}),` : `vars: z.unknown(),`}`,
    '  tasks({ task, handler, vars, host }) {', `    void [handler, vars, host]`, tasks, '  },', '})', '',
  ].join('\n')
}
