import { readdirSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import type { ModuleCall } from '../../lib/resource.ts'
import { apt } from '../../modules/apt.ts'
import { aptHold } from '../../modules/apt-hold.ts'
import { aptRepository } from '../../modules/apt-repository.ts'
import { archive } from '../../modules/archive.ts'
import { authorizedKey } from '../../modules/authorized-key.ts'
import { blockInFile } from '../../modules/block-in-file.ts'
import { command } from '../../modules/command.ts'
import { debconf } from '../../modules/debconf.ts'
import { directory } from '../../modules/directory.ts'
import { download } from '../../modules/download.ts'
import { elementWeb } from '../../modules/element-web.ts'
import { file } from '../../modules/file.ts'
import { generatedSecret } from '../../modules/generated-secret.ts'
import { group } from '../../modules/group.ts'
import { hostname } from '../../modules/hostname.ts'
import { httpCheck } from '../../modules/http-check.ts'
import { lineInFile } from '../../modules/line-in-file.ts'
import { mount } from '../../modules/mount.ts'
import { nginxSite } from '../../modules/nginx-site.ts'
import { onionService } from '../../modules/onion-service.ts'
import { pipVenv } from '../../modules/pip-venv.ts'
import { postgresDatabase } from '../../modules/postgres-database.ts'
import { postgresExtension } from '../../modules/postgres-extension.ts'
import { postgresGrant } from '../../modules/postgres-grant.ts'
import { postgresUser } from '../../modules/postgres-user.ts'
import { symlink } from '../../modules/symlink.ts'
import { sysctl } from '../../modules/sysctl.ts'
import { systemd } from '../../modules/systemd.ts'
import { systemdUnit } from '../../modules/systemd-unit.ts'
import { template } from '../../modules/template.ts'
import { timer } from '../../modules/timer.ts'
import { torrc } from '../../modules/torrc.ts'
import { user } from '../../modules/user.ts'
import { waitFor } from '../../modules/wait-for.ts'
import { dropHost, errorOf, labHost, type SpecHost } from '../helpers/module-host.ts'

const hostName = 'spec-blank'
const sha256 = 'a2c064616af4c66c576821616646bdfad5556a263b4b007847605118971f4389'
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA somebody'

/** Of every module a call by itself, with nothing before it that brings what it needs. */
const alone: Record<string, () => ModuleCall<unknown>> = {
  apt: () => apt({ packages: ['no-such-package'] }),
  'apt-hold': () => aptHold({ packages: ['no-such-package'] }),
  'apt-repository': () => aptRepository({ name: 'made', uris: ['file:///srv'], suites: ['./'], signedBy: '/usr/share/keyrings/debian-archive-keyring.gpg', enabled: false }),
  archive: () => archive({ path: '/opt/hello', url: 'file:///srv/hello.tar', sha256 }),
  'authorized-key': () => authorizedKey({ user: 'no-such-user', keys: [key] }),
  'block-in-file': () => blockInFile({ path: '/etc/no-such-file', block: 'a' }),
  command: () => command({ argv: ['true'] }),
  debconf: () => debconf({ package: 'made', question: 'made/blank', type: 'string', value: 'x' }),
  directory: () => directory({ path: '/srv/data', owner: 'no-such-user' }),
  download: () => download({ url: 'file:///srv/greeting', path: '/srv/fetched', sha256 }),
  'element-web': () => elementWeb({ archive: 'no-such-element.tar.gz', sha256, config: 'element-config.json.eta' }),
  file: () => file({ path: '/srv/no/such/file', content: '' }),
  'generated-secret': () => generatedSecret({ path: '/srv/no/such/secret' }),
  group: () => group({ name: 'media', gid: 0 }),
  hostname: () => hostname({ name: 'blank' }),
  'http-check': () => httpCheck({ url: 'http://127.0.0.1:1/', timeoutSeconds: 1 }),
  'line-in-file': () => lineInFile({ path: '/etc/no-such-file', line: 'a' }),
  mount: () => mount({ path: '/srv/nas', source: 'nas:/srv', type: 'nfs' }),
  'nginx-site': () => nginxSite({ name: 'hello', content: 'server { listen 127.0.0.1:8080; return 204; }\n' }),
  'onion-service': () => onionService({ name: 'web', ports: { 80: '127.0.0.1:8080' } }),
  'pip-venv': () => pipVenv({ path: '/opt/venv', packages: ['six==1.16.0'] }),
  'postgres-database': () => postgresDatabase({ name: 'app' }),
  'postgres-extension': () => postgresExtension({ database: 'app', name: 'pg_trgm' }),
  'postgres-grant': () => postgresGrant({ database: 'app', role: 'app', on: 'database', privileges: ['CONNECT'] }),
  'postgres-user': () => postgresUser({ name: 'app' }),
  symlink: () => symlink({ path: '/srv/no/such/link', target: '/bin/sh' }),
  sysctl: () => sysctl({ name: 'net.ipv4.no_such_parameter', value: 0 }),
  systemd: () => systemd({ unit: 'no-such-unit', state: 'started' }),
  'systemd-unit': () => systemdUnit({ name: 'blank.service', content: '[Service]\nExecStart=/bin/true\n' }),
  template: () => template({ path: '/srv/no/such/motd', source: 'motd.eta', vars: { name: 'x' } }),
  timer: () => timer({ name: 'blank', schedule: 'daily', command: ['/bin/true'], user: 'no-such-user' }),
  torrc: () => torrc({ name: 'client', options: { ClientOnly: true } }),
  user: () => user({ name: 'blank', uid: 0 }),
  'wait-for': () => waitFor({ path: '/srv/no-such-path', timeoutSeconds: 1 }),
}

describe('[fault 56] a check on a blank host', function () {
  this.timeout(240_000)
  let host: SpecHost
  before(async () => {
    host = await labHost(hostName)
    // Without lists nobody knows which packages there are.
    await host.sh('apt-get update -q >/dev/null; touch /var/lib/apt/lists')
  })
  after(() => dropHost(hostName))

  it('is made of every module', () => {
    const modules = readdirSync(path.join(import.meta.dirname, '..', '..', 'modules')).map(name => path.parse(name).name)
    expect(Object.keys(alone)).to.have.members(modules)
  })

  for (const [module, call] of Object.entries(alone)) {
    it(`never says that ${module} makes a change where the run then fails, nor that it fails where it does not`, async () => {
      const check = await host.check(call())
      const [status] = check.tasks.map(task => task.status)
      if (status === 'may-change') return
      const run = await host.run(call())
      expect(run.status === 'failed', `check: ${errorOf(check) ?? String(status)}\nrun: ${errorOf(run) ?? run.status}`).to.equal(check.status === 'failed')
    })
  }

  for (const module of ['nginx-site', 'pip-venv', 'postgres-user', 'postgres-database', 'download', 'archive']) {
    it(`says that nothing is known to bring what ${module} needs where only something else is installed before, and is certain where that comes`, async () => {
      const packages = { 'nginx-site': 'nginx-light', 'pip-venv': 'python3-venv', download: 'curl', archive: 'curl' }[module] ?? 'postgresql'
      const after = async (name: string) => (await host.check([apt({ packages: [name] }), alone[module]?.() ?? command({ argv: ['true'] })])).tasks[1]
      const unknown = await after('tree')
      expect([unknown?.status, unknown?.changes[0]?.reason]).to.deep.equal(['may-change', unknown?.changes[0]?.reason?.match(/^it needs .*, and it is not known whether the tasks above install that$/)?.[0]])
      expect((await after(packages))?.status).to.equal('change')
    })
  }

  it('[fault 58] knows an owner by the number that an earlier task sets', async () => {
    const owned = await host.check([user({ name: 'one', uid: 2000 }), group({ name: 'all', gid: 2001 }), file({ path: '/srv/owned', content: '', owner: '2000', group: '2001' })])
    expect(owned.tasks.map(({ status, error }) => error ?? status)).to.deep.equal(['change', 'change', 'change'])
  })
})
