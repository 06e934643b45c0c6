import { mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { labPlace } from '../../lab/place.ts'

const project = path.join(import.meta.dirname, '..', '..')

/**
 * A directory for what a spec writes: inventories, playbooks, reports. It is empty at first, also
 * after a test run that died, and TypeScript in it is loaded as the project's own is. The path of a
 * file of the project is written `<project>/…`.
 */
export class WorkDirectory {
  readonly path: string

  constructor(name: string) {
    this.path = path.join(tmpdir(), `specs-of-${path.basename(labPlace().dir)}`, name)
    rmSync(this.path, { recursive: true, force: true })
    mkdirSync(this.path, { recursive: true })
    this.write('package.json', '{ "type": "module" }\n')
  }

  /**
   * Writes a file and gives its path.
   * @example work.write('site.ts', "import { file } from '<project>/modules/file.ts'\n…")
   */
  write(name: string, content: string | Uint8Array): string {
    const file = path.join(this.path, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, typeof content === 'string' ? content.replaceAll('<project>', project) : content)
    return file
  }

  /**
   * Writes an inventory of lab hosts and gives its path; each host is in the group of the playbook
   * that it is for.
   */
  inventory(name: string, hosts: Record<string, { groups: string[]; vars?: Record<string, unknown> }>): string {
    return this.write(name, `import { lab } from '<project>/lab/inventory.ts'\nexport default lab(${JSON.stringify({ hosts })})\n`)
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
    const all = path.dirname(this.path)
    if (readdirSync(all).length === 0) rmdirSync(all)
  }
}
