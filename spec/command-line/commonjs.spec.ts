import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import { execa } from 'execa'
import './run-stead.ts'

const project = path.join(import.meta.dirname, '..', '..')

describe('a playbook in a folder whose package.json does not make modules of its files', () => {
  it('is refused with the way out where stead is loaded file by file, for it has another copy of the engine', async () => {
    const place = mkdtempSync(path.join(tmpdir(), 'stead-spec-'))
    try {
      writeFileSync(path.join(place, 'site.ts'), `import { playbook } from ${JSON.stringify(path.join(project, 'lib/index.ts'))}\nexport default playbook({ name: 'Site', hosts: 'all', tasks: () => undefined })\n`)
      writeFileSync(path.join(place, 'hosts.ts'), `export default { all: { hosts: { here: { ansible_connection: 'local' } } } }\n`)
      const list = () => execa('npx', ['tsx', 'run.ts', path.join(place, 'site.ts'), '-i', path.join(place, 'hosts.ts'), '--list-tasks'], { cwd: project, reject: false, stdin: 'ignore', env: { STEAD_NO_CACHE: '1' } })
      const refused = await list()
      expect([refused.exitCode, refused.stderr]).to.deep.equal([64, `${path.join(place, 'site.ts')} is not a playbook.\n  It was loaded as CommonJS, since the package.json that is nearest to it does not say "type": "module". Set that with \`npm pkg set type=module\` in its folder, or let its name end in .mts.`])
      writeFileSync(path.join(place, 'package.json'), '{ "type": "module" }')
      expect((await list()).exitCode).to.equal(0)
    } finally {
      rmSync(place, { recursive: true, force: true })
    }
  }).timeout(180_000)
})
