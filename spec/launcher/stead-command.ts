import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { execa } from 'execa'
import '../command-line/run-stead.ts'
import { inOwnPlace } from '../helpers/own-place.ts'

export const project = path.join(import.meta.dirname, '..', '..')

/** A folder of a user, outside the project and without a package.json, with a cache of its own. */
export class Elsewhere {
  readonly directory = mkdtempSync(path.join(tmpdir(), 'stead-spec-'))
  readonly cacheHome = path.join(this.directory, 'cache')

  constructor() {
    this.write('here.yml', 'all: { hosts: { here: { ansible_connection: local, ansible_become: false } } }\n')
  }

  write(name: string, content: string): string {
    const file = path.join(this.directory, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, content)
    return file
  }

  /** A playbook of these statements; `above` stands before it, line by line. */
  playbook(tasks: string, above: readonly string[] = [], root = project): void {
    const from = (file: string) => JSON.stringify(path.join(root, file))
    this.write('site.ts', [
      `import { playbook } from ${from('lib/index.ts')}`, `import { file } from ${from('modules/file.ts')}`, ...above,
      `export default playbook({ name: 'Site', hosts: 'all', tasks({ task }) {`, tasks, '} })', '',
    ].join('\n'))
  }

  /** Runs `./stead site.ts`. */
  async stead(options: readonly string[], { env = {}, root = project }: { env?: Record<string, string>; root?: string } = {}): Promise<{ status: number | undefined; out: string; error: string }> {
    const [program = '', ...words] = inOwnPlace([path.join(root, 'stead'), 'site.ts', '-i', 'here.yml', ...options])
    const { exitCode, stdout, stderr } = await execa(program, words, { cwd: this.directory, env: { CI: 'true', XDG_CACHE_HOME: this.cacheHome, ...env }, reject: false, stdin: 'ignore' })
    return { status: exitCode, out: stdout, error: stderr }
  }

  /** The names of its tasks, as `--list-tasks` has them. */
  async tasks(how: { env?: Record<string, string>; root?: string } = {}): Promise<string[]> {
    const { status, out, error } = await this.stead(['--list-tasks'], how)
    if (status !== 0) throw new Error(`It ended with ${status}: ${error}`)
    return out.split('\n').filter(line => line.startsWith('  task ')).map(line => line.slice('  task '.length))
  }

  /** The bundles that are kept. */
  kept(): string[] {
    return readdirSync(path.join(this.cacheHome, 'stead')).map(name => path.join(this.cacheHome, 'stead', name))
  }

  /** A copy of stead, which may be changed; its packages are those of the project. */
  copyOfStead(): string {
    const root = path.join(this.directory, 'copy')
    for (const name of ['stead', 'launcher', 'lib', 'modules', 'package.json', 'tsconfig.json']) cpSync(path.join(project, name), path.join(root, name), { recursive: true })
    symlinkSync(path.join(project, 'node_modules'), path.join(root, 'node_modules'))
    return root
  }

  remove(): void {
    chmodSync(this.directory, 0o700)
    rmSync(this.directory, { recursive: true, force: true })
  }
}
