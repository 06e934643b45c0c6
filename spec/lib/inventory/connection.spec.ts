import { homedir } from 'node:os'
import { expect } from 'chai'
import { InventoryError } from '../../../lib/errors.ts'
import { expandPath, readConnection } from '../../../lib/inventory/connection.ts'
import type { Host } from '../../../lib/inventory/host.ts'
import { parseInventory } from '../../../lib/inventory/load.ts'
import { merge } from '../../../lib/inventory/merge.ts'
import { readTree } from '../../../lib/inventory/read-tree.ts'
import { Issues, type Source } from '../../../lib/inventory/source.ts'
import { redact } from '../../../lib/secret/redact.ts'
import { secret } from '../../../lib/secret/secret.ts'

/** The host that one variable makes, or what is wrong with it. */
function one(variable: string, value: string, name = 'a.org'): Host | string[] {
  try {
    return parseInventory(`all: {hosts: {${name}: {${variable}: ${value}}}}`, '/srv/prod.yml').hosts[0] ?? expect.fail('no host')
  } catch (error) {
    return error instanceof InventoryError ? error.issues.map(({ message }) => message) : expect.fail(String(error))
  }
}

/** What is wrong with it, or that it was taken. */
const complaint = (variable: string, value: string): string => {
  const found = one(variable, value)
  return Array.isArray(found) ? found.join('\n') : 'It was taken.'
}

/** Passwords are known to the whole process: each time that a test is run it takes other ones. */
let turn = 0

describe('a path of an inventory', () => {
  it('starts at the home of the user who runs stead, or at the folder of the inventory', () => {
    expect(['~', '~/x', 'x', '../x', '/x', '~x'].map(given => expandPath(given, '/srv/inventories'))).to.deep.equal([homedir(), `${homedir()}/x`, '/srv/inventories/x', '/srv/x', '/x', '/srv/inventories/~x'])
  })
})

describe('the connection of a host', () => {
  it('is read by the older names, too', () => {
    expect(one('ansible_private_key_file', 'keys/x')).to.have.property('identityFile', '/srv/keys/x')
    const host = one('ansible_ssh_password', 'connection-spec-password')
    expect('password' in host && host.password?.reveal()).to.equal('connection-spec-password')
  })

  it('takes ports that there are, as numbers or as text', () => {
    for (const [given, port] of [['1', 1], ['65535', 65535], ['"22"', 22]] as const) expect(one('ansible_port', given), given).to.have.property('port', port)
    for (const given of ['0', '65536', '22.5', '"22.5"', '" 22"', '"1e3"', '""', 'yes', 'x22', '-1', '[22]']) expect(complaint('ansible_port', given), given).to.match(/^ansible_port is .*; a port from 1 to 65535 is allowed\.$/)
  })

  it('takes a time above 0, as a number or as text', () => {
    for (const [given, seconds] of [['90', 90], ['0.5', 0.5], ['"90"', 90], ['"1.5"', 1.5]] as const) expect(one('stead_connect_timeout_seconds', given), given).to.have.property('connectTimeoutSeconds', seconds)
    for (const given of ['0', '"0"', '-1', '.inf', 'yes', '" 5"', '"1e3"', '"5s"']) expect(complaint('stead_connect_timeout_seconds', given), given).to.match(/^stead_connect_timeout_seconds is .*; a number of seconds above 0 is allowed\.$/)
    expect(one('x', '1')).to.not.have.property('connectTimeoutSeconds')
  })

  it('takes ssh and local, by each of their names', () => {
    for (const given of ['ssh', 'ansible.builtin.ssh', 'smart']) expect(one('ansible_connection', given), given).to.have.property('connection', 'ssh')
    for (const given of ['local', 'ansible.builtin.local']) expect(one('ansible_connection', given, 'web1'), 'which needs no address').to.have.property('connection', 'local')
    expect(one('ansible_connection', '""')).to.deep.equal(['ansible_connection is ""; ssh or local is allowed.'])
    expect(one('ansible_become_method', 'sudo')).to.have.property('name', 'a.org')
  })

  it('is refused with what was given and what is allowed', () => {
    expect(one('ansible_ssh_private_key_file', '5')).to.deep.equal(["ansible_ssh_private_key_file is 5; a private key's path is allowed."])
    expect(one('stead_known_hosts_file', '[x]')).to.deep.equal(["stead_known_hosts_file is a list; a known_hosts file's path is allowed."])
    for (const blank of ['""', '" "']) expect(one('ansible_user', blank)).to.deep.equal([`ansible_user is ${blank}; a user's name, as text, is allowed.`])
    expect(one('ansible_password', '""')).to.deep.equal(['ansible_password is a text; a text (quote it) is allowed.'])
    expect(one('ansible_ssh_host', '5', 'web1'), 'once').to.deep.equal(['ansible_ssh_host is 5; a host name or an address, as text, is allowed.'])
  })

  it('has a secret for a password where a .ts inventory gives one', () => {
    const password = secret('connection-spec-of-a-ts-inventory')
    const source: Source = { directory: '/srv', value: { all: { hosts: { 'a.org': { ansible_password: password } } } }, locate: () => ({ file: 'prod.ts' }), isLiteral: () => true }
    const issues = new Issues('prod.ts')
    const [merged] = merge(readTree(source, issues, { groups: new Map(), hosts: new Map() }), issues)?.hosts ?? []
    expect(merged && readConnection(merged, issues).password).to.equal(password)
    expect(issues.list).to.deep.equal([])
  })

  it('shows no password that it refuses, here or later', () => {
    turn += 1
    for (const variable of ['ansible_become_pass', 'stead_password', 'ansible_key_passphrase']) {
      const value = `connection-spec-${variable.replaceAll('_', '-')}-${turn}`
      expect(complaint(variable, value)).to.include(variable).and.not.include(value)
      expect(redact(value), variable).to.equal('<secret>')
    }
  })
})

describe('a variable that Ansible would evaluate', () => {
  it('is found wherever in it the expression is', () => {
    for (const value of ['["plain", "{{ x }}"]', '{a: plain, b: "{{ x }}"}', '[{a: [1, {b: "{% x %}"}]}, null]', '"a {{ x }}"']) expect(complaint('own', value), value).to.match(/^own contains a Jinja expression/)
    for (const value of ['["plain", "{ x }"]', '{"{{": 1}', '"{x} {#"', '5']) expect(one('own', value), value).to.have.property('name', 'a.org')
  })
})

describe('a variable of Ansible that stead does not take', () => {
  it('that is misspelt is reported with a suggestion', () => {
    const meant: Record<string, string> = { ansible_hst: 'ansible_host', ansible_prot: 'ansible_port', ansible_usr: 'ansible_user', ansible_pasword: 'ansible_password', ansible_becom: 'ansible_become', ansible_becomeuser: 'ansible_become_user', ansible_become_metod: 'ansible_become_method', ansible_conection: 'ansible_connection' }
    for (const [given, name] of Object.entries(meant)) expect(one(given, 'x')).to.deep.equal([`${given} is not supported by stead. Did you mean ${name}?`])
  })

  it('is taken where it says what is so anyway, with blanks around it or not', () => {
    for (const [variable, value] of [['ansible_host_key_checking', '" yes "'], ['ansible_host_key_checking', 'true'], ['ansible_host_key_checking', '1'], ['ansible_ssh_args', '" -o LogLevel=ERROR "'], ['ansible_ssh_args', '""'], ['ansible_ssh_args', ''], ['ansible_become_exe', '" sudo"']] as const) {
      expect(one(variable, value), `${variable}: ${value}`).to.have.property('name', 'a.org')
    }
    for (const [variable, value] of [['ansible_host_key_checking', '0'], ['ansible_host_key_checking', 'false'], ['ansible_become_exe', '[sudo]'], ['ansible_ssh_args', '{}']] as const) expect(complaint(variable, value), `${variable}: ${value}`).to.include('is not supported by stead.')
  })
})
