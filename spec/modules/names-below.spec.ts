import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import type { ModuleCall } from '../../lib/resource.ts'
import { aptRepository } from '../../modules/apt-repository.ts'
import { archive } from '../../modules/archive.ts'
import { authorizedKey } from '../../modules/authorized-key.ts'
import { blockInFile } from '../../modules/block-in-file.ts'
import { command } from '../../modules/command.ts'
import { directory } from '../../modules/directory.ts'
import { download } from '../../modules/download.ts'
import { elementWeb } from '../../modules/element-web.ts'
import { file } from '../../modules/file.ts'
import { generatedSecret } from '../../modules/generated-secret.ts'
import { lineInFile } from '../../modules/line-in-file.ts'
import { nginxSite } from '../../modules/nginx-site.ts'
import { mount } from '../../modules/mount.ts'
import { onionService } from '../../modules/onion-service.ts'
import { pipVenv } from '../../modules/pip-venv.ts'
import { symlink } from '../../modules/symlink.ts'
import { systemd } from '../../modules/systemd.ts'
import { systemdUnit } from '../../modules/systemd-unit.ts'
import { template } from '../../modules/template.ts'
import { timer } from '../../modules/timer.ts'
import { torrc } from '../../modules/torrc.ts'
import { user } from '../../modules/user.ts'
import { waitFor } from '../../modules/wait-for.ts'
import { hostView, wantsOf } from './plan-module.ts'

const sum = '0'.repeat(64)
const ports = { 80: '127.0.0.1:8080' }
const sections = { Service: { ExecStart: '/bin/true' } }
const clientKey = 'B'.repeat(51) + 'A'

/** What each module joins to a path, by its argument, and where that has to stay. */
const joined: Record<string, { call: (name: string) => ModuleCall<unknown>; within: readonly string[] }> = {
  'archive keep': { call: name => archive({ path: '/opt/app', url: 'https://example.org/a.tar', sha256: sum, keep: [name] }), within: ['/opt/app'] },
  'apt-repository name': { call: name => aptRepository({ name, uris: ['http://example.org'], suites: ['a'], components: ['main'], signedBy: { url: 'http://example.org/key', sha256: sum } }), within: ['/etc/apt/sources.list.d', '/etc/apt/keyrings'] },
  'authorized-key user': { call: name => authorizedKey({ user: name, keys: [] }), within: ['/home', '/root'] },
  'nginx-site name': { call: name => nginxSite({ name, content: '' }), within: [] },
  'onion-service name': { call: name => onionService({ name, ports }), within: ['/var/lib/tor', '/etc/tor/torrc'] },
  'onion-service clients': { call: name => onionService({ name: 'web', ports, clients: { [name]: clientKey } }), within: ['/var/lib/tor', '/etc/tor/torrc'] },
  'systemd unit': { call: name => systemd({ unit: name, state: 'started' }), within: ['/etc/systemd/system'] },
  'systemd-unit name': { call: name => systemdUnit({ name, sections }), within: ['/etc/systemd/system'] },
  'systemd-unit dropIn': { call: name => systemdUnit({ name: 'nginx', dropIn: name, sections }), within: ['/etc/systemd/system/nginx.service.d'] },
  'user login': { call: name => user({ name, removeHome: true, state: 'absent' }), within: [] },
  'timer name': { call: name => timer({ name, schedule: 'daily', command: ['/bin/true'] }), within: ['/etc/systemd/system'] },
}

/** Every argument that is a path on the host: of a file, or of what may be a directory. */
const paths: Record<string, { call: (given: string) => ModuleCall<unknown>; directory?: true }> = {
  'apt-repository signedBy': { call: given => aptRepository({ name: 'a', uris: ['http://example.org'], suites: ['a'], components: ['main'], signedBy: given }) },
  'archive path': { call: given => archive({ path: given, url: 'https://example.org/a.tar', sha256: sum }), directory: true },
  'archive creates': { call: given => archive({ path: '/opt/app', url: 'https://example.org/a.tar', sha256: sum, creates: given }), directory: true },
  'authorized-key path': { call: given => authorizedKey({ user: 'root', keys: [], path: given }) },
  'block-in-file path': { call: given => blockInFile({ path: given, block: 'x' }) },
  'command cwd': { call: given => command({ argv: ['true'], cwd: given }), directory: true },
  'command creates': { call: given => command({ argv: ['true'], creates: given }), directory: true },
  'command removes': { call: given => command({ argv: ['true'], removes: given }), directory: true },
  'directory path': { call: given => directory({ path: given }), directory: true },
  'download path': { call: given => download({ path: given, url: 'https://example.org/a', sha256: sum }) },
  'element-web directory': { call: given => elementWeb({ archive: 'https://example.org/a.tar', sha256: sum, config: 'x', directory: given }), directory: true },
  'file path': { call: given => file({ path: given }) },
  'generated-secret path': { call: given => generatedSecret({ path: given }) },
  'line-in-file path': { call: given => lineInFile({ path: given, line: 'x' }) },
  'mount path': { call: given => mount({ path: given, source: 'tmpfs', type: 'tmpfs' }), directory: true },
  'onion-service directory': { call: given => onionService({ name: 'web', ports, directory: given }), directory: true },
  'onion-service torrc': { call: given => onionService({ name: 'web', ports, torrc: given }) },
  'pip-venv path': { call: given => pipVenv({ path: given }), directory: true },
  'symlink path': { call: given => symlink({ path: given, target: 'x' }) },
  'template path': { call: given => template({ path: given, source: 'x' }) },
  'timer workingDirectory': { call: given => timer({ name: 'a', schedule: 'daily', command: ['/bin/true'], workingDirectory: given }), directory: true },
  'torrc path': { call: given => torrc({ name: 'a', options: { ClientOnly: 1 }, path: given }) },
  'user shell': { call: given => user({ name: 'ada', shell: given }) },
  'user home': { call: given => user({ name: 'ada', home: given }), directory: true },
  'user skeleton': { call: given => user({ name: 'ada', skeleton: given }), directory: true },
  'wait-for tor': { call: given => waitFor({ tor: given }) },
  'wait-for path': { call: given => waitFor({ path: given }), directory: true },
}

const sources = readdirSync(path.join(import.meta.dirname, '../../modules')).map(name => ({ module: path.parse(name).name, text: readFileSync(path.join(import.meta.dirname, '../../modules', name), 'utf8') }))
const bad = ['.', '..', '/', '/etc', '../etc', 'a/b', 'a/..', 'a/', './a', 'a\0', 'a\n', '\n', 'a\nb']
const hostile = fc.oneof(fc.constantFrom(...bad, '...', '-rf', '~', '.a'), fc.string({ unit: 'binary' }), fc.array(fc.constantFrom('.', '..', 'a', '', '\0', '\n'), { maxLength: 5 }).map(parts => parts.join('/')))

describe('no name leaves its directory', () => {
  it('[fault 39, fault 40] every argument that a module joins to a path is tested here', () => {
    const found = sources.flatMap(({ module, text }) => [...text.matchAll(/`[^`\n]*\/\$\{(?!directory\b)(\w+)\}/g)].filter(([whole]) => !/:\/\/|https?:/.test(whole)).map(([, argument]) => `${module} ${argument}`))
    expect([...new Set(found)].filter(each => !(each in joined))).to.deep.equal([])
    expect(found.length).to.be.greaterThan(5)
  })

  it('[fault 21] every argument that is a path on the host is tested here', () => {
    const found = sources.flatMap(({ module, text }) => [...text.matchAll(/^ {2}(\w+): (absolutePath|filePath)\b/gm)].map(([, argument]) => `${module} ${argument}`))
    expect([...new Set(found)].filter(each => !(each in paths))).to.deep.equal([])
    expect(found.length).to.be.greaterThan(20)
  })

  for (const [argument, { call, within }] of Object.entries(joined)) {
    it(`[fault 39, fault 40] ${argument}: ., .., a slash, NUL and a newline are errors; whatever is accepted stays inside`, async () => {
      // A repository's name is a title, of which a file name is made.
      if (!argument.startsWith('apt-repository')) for (const name of bad) expect(call(name).issues, JSON.stringify(name)).not.to.deep.equal([])
      await fc.assert(fc.asyncProperty(hostile, async name => {
        const given = call(name)
        if (given.issues.length > 0) return
        const plan = await given.plan(hostView({}, { packagesPending: true })).catch(() => ({ wants: [] }))
        for (const { resource } of wantsOf(plan)) {
          const target = resource.slice(resource.indexOf(' ') + 1)
          if (!target.startsWith('/')) continue
          expect(path.posix.normalize(target), JSON.stringify(name)).to.equal(target)
          expect(within.some(place => target.startsWith(`${place}/`) || place.startsWith(target)), `${JSON.stringify(name)}: ${target}`).to.equal(true)
        }
      }), { numRuns: 300 })
    })
  }

  for (const [argument, { call, directory: mayBeDirectory = false }] of Object.entries(paths)) {
    it(`[fault 21] ${argument}: relative, ., .. and NUL are errors${mayBeDirectory ? '' : ', and so is a slash at the end'}`, () => {
      for (const given of ['', '.', '..', 'a', 'a/b', '/a/..', '/a/../b', '/../a', '/./a', '/a/.', '/a\0b']) expect(call(given).issues, JSON.stringify(given)).not.to.deep.equal([])
      expect(call('/srv//a').issues).to.deep.equal([])
      expect(call('/srv/a/').issues.length > 0).to.equal(!mayBeDirectory)
    })
  }
})
