import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import { ensureLab, labStatus, removeHost } from '../../lab/index.ts'
import { knownHostsFile } from '../../lab/keys.ts'
import { labPlace } from '../../lab/place.ts'
import { playbookSource, runStead, Workspace, type Outcome } from './run-stead.ts'
import { announceHosts } from '../helpers/lab-lifecycle.ts'

const name = 'spec-refused'

describe('a host that refuses, or is not the one it was (lab)', function () {
  this.timeout(300_000)
  const workspace = new Workspace()
  const at = (file: string): string => path.join(workspace.directory, file)
  let address = ''
  let root = ''
  let key = ''
  let hostKey = ''

  before(async () => {
    await announceHosts(name)
    await ensureLab({ hosts: [name] })
    const host = (await labStatus())?.hosts.find(each => each.name === name)
    if (!host) throw new Error(`${name} is not in the lab`)
    ;({ address, root, identityFile: key } = host)
    const line = readFileSync(knownHostsFile(labPlace()), 'utf8').split('\n').find(each => each.startsWith(`${address},`)) ?? ''
    hostKey = line.split(' ').slice(1).join(' ')
    for (const file of ['stranger', 'other-host']) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(file)])
    workspace.write('known', `${address} ${hostKey}\n`)
    workspace.write('changed', `${address} ${readFileSync(at('other-host.pub'), 'utf8').split(' ').slice(0, 2).join(' ')}\n`)
    workspace.write('unknown', '')
    workspace.write('revoked', `@revoked * ${hostKey}\n${address} ${hostKey}\n`)
    workspace.write('playbooks/mark.ts', playbookSource(`task('Mark', file({ path: (host.name.startsWith('here-') ? '${workspace.directory}' : '/srv') + '/mark-' + host.name, content: 'x' }))`))
  })

  after(async () => {
    workspace.remove()
    await removeHost(name)
  })

  /** Runs on the lab host and on this machine, and gives what came of it; the lab host was refused, this machine converged. */
  async function refused(file: string, vars: Record<string, string>): Promise<Outcome> {
    const fields = Object.entries({ ansible_host: address, ansible_user: 'root', ansible_ssh_private_key_file: key, ...vars }).map(([field, value]) => `${field}: ${value}`).join(', ')
    workspace.write(`inventories/${file}.yml`, `all: { hosts: { ${file}: { ${fields} }, here-${file}: { ansible_connection: local, ansible_become: false } } }\n`)
    const outcome = await runStead(['playbooks/mark.ts', '-i', file], { cwd: workspace.directory })
    expect(outcome.status, outcome.out + outcome.error).to.equal(4)
    expect(outcome.out).to.match(new RegExp(`^${file}  UNREACHABLE`, 'm')).and.match(new RegExp(`^here-${file}  converged: 1 change`, 'm'))
    expect(outcome.out + outcome.error).to.not.match(/^ {4,}at /m)
    expect(existsSync(at(`mark-here-${file}`))).to.equal(true)
    expect(existsSync(path.join(root, 'srv', `mark-${file}`))).to.equal(false)
    return outcome
  }

  it('lets in with the right key and the known host key: so these refusals are of what they are about', async () => {
    workspace.write('inventories/right.yml', `all: { hosts: { right: { ansible_host: ${address}, ansible_user: root, ansible_ssh_private_key_file: ${key}, stead_known_hosts_file: ${at('known')} } } }\n`)
    const { status, out } = await runStead(['playbooks/mark.ts', '-i', 'right'], { cwd: workspace.directory })
    expect([status, out.includes('right  converged: 1 change')], out).to.deep.equal([0, true])
    expect(existsSync(path.join(root, 'srv', 'mark-right'))).to.equal(true)
  })

  it('that does not know the key: says which was offered, and where to add it', async () => {
    const { out } = await refused('wrong-key', { ansible_ssh_private_key_file: at('stranger'), stead_known_hosts_file: at('known') })
    expect(out).to.include('does not let root in').and.include(at('stranger')).and.include('authorized_keys')
  })

  it('that does not know the user', async () => {
    expect((await refused('wrong-user', { ansible_user: 'nobody-of-that-name', stead_known_hosts_file: at('known') })).out).to.include('does not let nobody-of-that-name in')
  })

  it('that does not know the password, which is not shown', async () => {
    const { out, error } = await refused('wrong-password', { ansible_password: 'refused-spec-wrong-password', stead_known_hosts_file: at('known'), ansible_ssh_private_key_file: at('stranger') })
    expect(out).to.include('does not let root in')
    expect(out + error).to.not.include('refused-spec-wrong-password')
  })

  it('whose key is missing or none', async () => {
    expect((await refused('no-key', { ansible_ssh_private_key_file: at('no-such-key'), stead_known_hosts_file: at('known') })).out).to.include('no-such-key does not exist')
    appendFileSync(at('no-key-at-all'), 'no key\n')
    expect((await refused('broken-key', { ansible_ssh_private_key_file: at('no-key-at-all'), stead_known_hosts_file: at('known') })).out).to.include('cannot be used')
  })

  it('whose host key has changed: an error without a way to accept it blindly', async () => {
    const { out } = await refused('changed-host-key', { stead_known_hosts_file: at('changed') })
    expect(out).to.include('is changed').and.include('Somebody may be intercepting the connection').and.match(/SHA256:/)
    expect(readFileSync(at('changed'), 'utf8'), 'the file is left as it was').to.not.include(hostKey)
  })

  it('whose host key is revoked', async () => {
    expect((await refused('revoked-host-key', { stead_known_hosts_file: at('revoked') })).out).to.include('is revoked')
  })

  it('whose host key is unknown: its fingerprint, and how to accept it, which works', async () => {
    const { out } = await refused('unknown-host-key', { stead_known_hosts_file: at('unknown') })
    const scan = /(ssh-keyscan .*? >> \S+)/.exec(out)?.[1]
    expect(scan, out).to.be.a('string')
    expect(readFileSync(at('unknown'), 'utf8')).to.equal('')
    execFileSync('sh', ['-c', scan ?? 'false'], { stdio: 'ignore' })
    const { status } = await runStead(['playbooks/mark.ts', '-i', 'unknown-host-key'], { cwd: workspace.directory })
    expect(status).to.equal(0)
  })
})
