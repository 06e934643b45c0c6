import { homedir, userInfo } from 'node:os'
import { expect } from 'chai'
import fc from 'fast-check'
import { InventoryError } from '../../../lib/errors.ts'
import type { Inventory } from '../../../lib/inventory/host.ts'
import { parseInventory } from '../../../lib/inventory/load.ts'

const parse = (text: string): Inventory => parseInventory(text, '/srv/inventories/prod.yml')

/** What is wrong, as `line:column: message`. */
function wrong(text: string): string[] {
  try {
    parse(text)
  } catch (error) {
    if (!(error instanceof InventoryError)) throw error
    expect(error.exitStatus).to.equal(64)
    for (const issue of error.issues) expect(issue.file).to.equal('/srv/inventories/prod.yml')
    return error.issues.map(({ line, column, message }) => `${line}:${column}: ${message}`)
  }
  throw new Error('The inventory was accepted.')
}

const host = (inventory: Inventory, name: string): Inventory['hosts'][number] => {
  const found = inventory.hosts.find(each => each.name === name)
  if (!found) throw new Error(`no host ${name}`)
  return found
}

describe('an inventory in YAML', () => {
  it('gives hosts, groups and connection', () => {
    const inventory = parse(`
all:
  vars:
    ansible_user: deploy
    colour: red
  hosts:
    bastion:
      ansible_host: 192.0.2.1
      ansible_port: 2222
      ansible_ssh_private_key_file: ~/.ssh/id_bastion
      ansible_become: yes
      ansible_become_user: root
      ansible_password: parse-inventory-password
      stead_known_hosts_file: known_hosts
      stead_connect_timeout_seconds: 90
  children:
    web:
      hosts:
        web[1:2].example.org:
        localhost: { ansible_connection: local }
db:
  hosts:
    db1.example.org: { ansible_ssh_private_key_file: keys/db, ansible_user: root, size: 3 }
`)
    expect(inventory.warnings).to.deep.equal([])
    expect(inventory.path).to.equal('/srv/inventories/prod.yml')
    expect(Object.fromEntries(inventory.groups)).to.deep.equal({
      all: ['bastion', 'web1.example.org', 'web2.example.org', 'localhost', 'db1.example.org'],
      web: ['web1.example.org', 'web2.example.org', 'localhost'],
      db: ['db1.example.org'],
      ungrouped: ['bastion'],
    })
    const { password, places, ...bastion } = host(inventory, 'bastion')
    expect(places).to.deep.equal({ colour: '/srv/inventories/prod.yml:5:13' })
    expect(password?.reveal()).to.equal('parse-inventory-password')
    expect(bastion).to.deep.equal({
      name: 'bastion', groups: [], address: '192.0.2.1', port: 2222, user: 'deploy', identityFile: `${homedir()}/.ssh/id_bastion`, become: true,
      knownHostsFile: '/srv/inventories/known_hosts', connectTimeoutSeconds: 90, connection: 'ssh', vars: { colour: 'red' },
    })
    expect(host(inventory, 'localhost').connection).to.equal('local')
    const db = host(inventory, 'db1.example.org')
    expect([db.address, db.port, db.user, db.identityFile, db.become, db.groups]).to.deep.equal(['db1.example.org', 22, 'root', '/srv/inventories/keys/db', undefined, ['db']])
    expect(db.vars).to.deep.equal({ colour: 'red', size: 3 })
  })

  it('takes the user of this machine where none is given, as ssh does', () => {
    expect(parse('all: {hosts: {a.org: }}').hosts[0]?.user).to.equal(userInfo().username)
  })

  it('reads the older names, a port in the name, and IPv6 addresses', () => {
    const inventory = parse(`
all:
  hosts:
    old: { ansible_ssh_host: 10.0.0.1, ansible_ssh_user: u, ansible_ssh_port: "2200", ansible_ssh_pass: parse-inventory-old-pass }
    web.example.org:2222:
    "[2001:db8::1]:2223":
    "2001:db8::2":
`)
    expect(inventory.hosts.map(({ name, address, port, user }) => [name, address, port, user === 'u'])).to.deep.equal([
      ['old', '10.0.0.1', 2200, true], ['web.example.org', 'web.example.org', 2222, false], ['2001:db8::1', '2001:db8::1', 2223, false], ['2001:db8::2', '2001:db8::2', 22, false],
    ])
    expect(inventory.hosts[0]?.password?.reveal()).to.equal('parse-inventory-old-pass')
  })

  it('[fault 38] has a group below all whether or not it is written there, at the same depth', () => {
    const found = host(parse('all: { children: { a-written: } }\na-written: { vars: { colour: a }, hosts: { h.example.org: } }\nz-not: { vars: { colour: z }, hosts: { h.example.org: } }'), 'h.example.org')
    expect([found.groups, found.vars]).to.deep.equal([['a-written', 'z-not'], { colour: 'z' }])
  })

  it('[fault 38] finds a group among its own descendants, whatever the path', () => {
    expect(wrong('a: { children: { quiet: , b: } }\nquiet: { hosts: { h.example.org: } }\nb: { children: { a: } }').join()).to.include('The group a is among its own children: a > b > a.')
  })

  it('[fault 38] accepts the same words for true and false as Ansible', () => {
    const become = (word: string) => host(parse(`all: { hosts: { h.example.org: { ansible_become: ${word} } } }`), 'h.example.org').become
    for (const word of ['true', 'yes', 'on', '1', '"true"', '"yes"', '"ON"', 'True']) expect(become(word), word).to.equal(true)
    for (const word of ['false', 'no', 'off', '0', '"false"', '"no"', '"OFF"', 'False']) expect(become(word), word).to.equal(false)
  })

  it('[fault 38] merges groups by their longest path from all, whatever their names and order', () => {
    const groups = `
top:
  vars: { colour: top, top: true }
  children:
    a-leaf:
    z-middle:
z-middle:
  vars: { colour: middle, middle: true }
  children: { a-leaf: }
a-leaf:
  vars: { colour: leaf }
  hosts: { a.example.org: }
`
    const found = host(parse(groups), 'a.example.org')
    expect(found.groups).to.deep.equal(['top', 'z-middle', 'a-leaf'])
    expect(found.vars).to.deep.equal({ colour: 'leaf', top: true, middle: true })
  })

  it('merges variables: all, parent, child, priority, host', () => {
    const inventory = parse(`
all: { vars: { a: all, b: all, c: all, d: all, e: all } }
child:
  hosts: { h.org: { e: host } }
  vars: { c: child, d: child }
sibling:
  hosts: { h.org: }
  vars: { d: sibling }
aaa:
  hosts: { h.org: }
  vars: { d: aaa, ansible_group_priority: 10 }
parent:
  children: { child: , sibling: , aaa: }
  vars: { b: parent, c: parent, d: parent, e: parent }
`)
    expect(inventory.hosts[0]?.vars).to.deep.equal({ a: 'all', b: 'parent', c: 'child', d: 'aaa', e: 'host' })
    expect(inventory.hosts[0]?.groups).to.deep.equal(['parent', 'child', 'sibling', 'aaa'])
    expect(inventory.groups.get('parent')).to.deep.equal(['h.org'])
  })

  it('[fault 38] merges a group with several paths at the depth of the longest', () => {
    const inventory = parse(`
top: { children: { deep: , mid: { children: { low: { children: { deep: } } } } } }
x: { children: { y: { children: { z: } } } }
z: { hosts: h.org, vars: { v: z } }
deep: { hosts: h.org, vars: { v: deep } }
`)
    expect(inventory.hosts[0]?.groups).to.deep.equal(['top', 'x', 'mid', 'y', 'low', 'z', 'deep'])
    expect(inventory.hosts[0]?.vars).to.deep.equal({ v: 'deep' })
  })

  it('reads YAML as Ansible does, but keeps times and dates as texts', () => {
    expect(parse('all: {hosts: {h.org: {a: yes, b: off, c: 0640, d: y, e: 12:30, f: 2020-01-31, g: "yes", h: !unsafe "{x}", i: }}}').hosts[0]?.vars)
      .to.deep.equal({ a: true, b: false, c: 0o640, d: 'y', e: '12:30', f: '2020-01-31', g: 'yes', h: '{x}', i: null })
    expect(parse('all: {vars: {base: &v {colour: blue, size: 1}}, hosts: {h.org: {<<: *v, size: 2, base: }}}').hosts[0]?.vars)
      .to.deep.equal({ base: null, colour: 'blue', size: 2 })
  })

  it('warns of an inventory without hosts, and of a name that a group and a host share', () => {
    expect(parse('all:').warnings).to.deep.equal(['/srv/inventories/prod.yml: The inventory does not contain any hosts.'])
    expect(parse('a.org: {hosts: {a.org: }}').warnings).to.deep.equal(['/srv/inventories/prod.yml: a.org is both a group and a host; a pattern means the group.'])
  })

  it('[fault 29] reads a group whose hosts or children are a single string, as Ansible does', () => {
    const inventory = parse('web: {hosts: example.org}\nmany: {hosts: "db[1:2].org"}\nall: {children: web}')
    expect([...inventory.groups]).to.deep.equal([['all', ['example.org', 'db1.org', 'db2.org']], ['many', ['db1.org', 'db2.org']], ['web', ['example.org']], ['ungrouped', []]])
    expect(wrong('web: {hosts: "", vars: text}')).to.deep.equal([
      '1:14: The hosts of web are given as a text; a mapping is allowed. Write `web1:` on a line of its own, without a dash.', '1:24: The variables of web are given as a text; a mapping is allowed. Write `name: value`.',
    ])
  })

  const one = (variable: string, value: string): string => `all:\n  hosts:\n    a.org:\n      ${variable}: ${value}\n`

  it('[fault 14] refuses every connection variable of Ansible that it does not support, and says what to do', () => {
    const refused: [string, string, RegExp][] = [
      ['ansible_become_user', 'bob', /is "bob"; root alone .*`become` of the task/],
      ['ansible_ssh_common_args', "'-o ProxyJump=bastion'", /no jump host and no proxy yet, and does not connect directly/],
      ['ansible_ssh_common_args', "'-o ControlMaster=auto -J bastion'", /no jump host/],
      ['ansible_ssh_extra_args', "'-o ProxyCommand=\"nc -x 127.0.0.1:9050 %h %p\"'", /no jump host/],
      ['ansible_ssh_args', "'-o StrictHostKeyChecking=no'", /always checks host keys/],
      ['ansible_ssh_args', "'-F other'", /SSH client of its own/],
      ['ansible_sftp_extra_args', "['-l']", /SSH client of its own/],
      ['ansible_host_key_checking', 'no', /always checks host keys/],
      ['ansible_ssh_host_key_checking', '"False"', /always checks host keys/],
      ['ansible_become_pass', 'unsupported-become-1', /`sudo -n`, without a password/],
      ['ansible_become_password', 'unsupported-become-2', /`sudo -n`, without a password/],
      ['ansible_sudo_pass', 'unsupported-become-3', /`sudo -n`, without a password/],
      ['ansible_become_exe', '/usr/bin/doas', /calls sudo/],
      ['ansible_become_flags', "'-u bob'", /-n alone/],
      ['ansible_shell_type', 'powershell', /speaks to sh/],
      ['ansible_ssh_private_key_passphrase', 'unsupported-phrase', /ssh-agent/],
      ['ansible_ssh_private_key', 'unsupported-key', /ssh-agent/],
      ['ansible_ssh_executable', '/opt/ssh', /stead does not know what it would change/],
      ['ansible_managed', 'by hand', /stead does not know what it would change/],
      ['ansible_hots', '10.0.0.1', /Did you mean ansible_host\?/],
      ['ansible_ssh_private_keyfile', 'x', /Did you mean ansible_ssh_private_key_file\?/],
    ]
    for (const [variable, value, advice] of refused) {
      const [only, ...more] = wrong(one(variable, value))
      expect(only, variable).to.match(advice).and.match(new RegExp(`^4:${variable.length + 9}: ${variable} is `))
      expect(more, variable).to.deep.equal([])
      expect(only, variable).to.not.include('unsupported-')
    }
  })

  it('[fault 14] accepts those that request what it does anyway, or only make Ansible faster', () => {
    const taken: Record<string, string[]> = {
      ansible_become_user: ['root'], ansible_ssh_common_args: ["''", "'-o ControlMaster=auto -o ControlPersist=60s -oServerAliveInterval=5'", ''], ansible_host_key_checking: ['yes', '"True"'], ansible_become_flags: ["'-H -S -n'"],
      ansible_become_exe: ['sudo', '/usr/bin/sudo'], ansible_shell_type: ['sh'], ansible_python_interpreter: ['/usr/bin/python3'], ansible_group_priority: ['3'], ansible_ssh_pipelining: ['yes'], ansible_pipelining: ['no'],
      ansible_remote_tmp: ['/var/tmp'], ansible_timeout: ['30'], ansible_ssh_retries: ['3'], ansible_connection: ['smart'], ansible_become_method: ['ansible.builtin.sudo'],
    }
    for (const [variable, values] of Object.entries(taken)) {
      for (const value of values) {
        const inventory = parse(one(variable, value))
        expect([inventory.warnings, inventory.hosts[0]?.vars], `${variable}: ${value}`).to.deep.equal([[], {}])
      }
    }
  })

  it('[fault 14] refuses what Ansible would evaluate, at any depth, and accepts literal text', () => {
    expect(wrong('all:\n  vars:\n    motd: "hello {{ name }}"\n    list: [ { a: "{% if x %}" } ]\n  hosts: a.org\n')).to.deep.equal([
      '3:11: motd contains a Jinja expression, which stead does not evaluate. Write the value itself, a .ts inventory that computes it, or `!unsafe` before a text that is meant as it stands.',
      '4:11: list contains a Jinja expression, which stead does not evaluate. Write the value itself, a .ts inventory that computes it, or `!unsafe` before a text that is meant as it stands.',
    ])
    expect(parse('all: {hosts: {h.org: {a: !unsafe "{{ x }}", b: [!unsafe "{% y"]}}}').hosts[0]?.vars).to.deep.equal({ a: '{{ x }}', b: ['{% y'] })
  })

  it('finds everything that is wrong at once, each with its place', () => {
    expect(wrong(`all:
  hosts:
    web1:
    web2: { ansible_host: 10.0.0.2, ansible_port: 70000, ansible_user: , ansible_become: maybe }
    web3: { ansible_host: "{{ address }}" }
    web4: { ansible_host: a, ansible_connection: winrm, ansible_password: 12345, stead_port: 1, ansible_become_method: su }
    web[3:1]:
    web6: text
  chidren: {}
web:
  hosts:
    - web1
`)).to.deep.equal([
      '3:5: The host web1 has no address, and its name is not one. Add `ansible_host: ADDRESS` below it.',
      '4:51: ansible_port is 70000; a port from 1 to 65535 is allowed.',
      "4:72: ansible_user is nothing; a user's name, as text, is allowed.",
      '4:90: ansible_become is "maybe"; true or false is allowed.',
      '5:27: ansible_host is "{{ address }}"; a host name or an address, as text, is allowed. stead does not evaluate Jinja: write the value itself, or a .ts inventory that computes it.',
      '6:50: ansible_connection is "winrm"; ssh or local is allowed.',
      '6:75: ansible_password is a number; a text (quote it) is allowed.',
      "6:94: stead_port is given; of stead's own only stead_known_hosts_file and stead_connect_timeout_seconds are allowed.",
      '6:120: ansible_become_method is "su"; sudo is allowed.',
      '7:5: The range [3:1] ends before it starts; put the smaller end first.',
      '8:5: The host web6 has no address, and its name is not one. Add `ansible_host: ADDRESS` below it.',
      '8:11: The variables of web6 are given as a text; a mapping is allowed. Write `name: value`.',
      '9:3: The group all has a key "chidren"; hosts, vars and children are allowed. A group named chidren goes below `children:`.',
      '12:5: The hosts of web are given as a list; a mapping is allowed. Write `web1:` on a line of its own, without a dash.',
    ])
  })

  it('names the place of a mistake in YAML itself', () => {
    expect(wrong('all:\n  hosts: [a\nb: 1')[0]).to.match(/^3:1: This is not valid YAML: /)
    expect(wrong('all:\n  hosts:\n   a.org:\n  hosts:\n')).to.deep.equal(['4:3: The key hosts is there twice; the second would override the first. Merge them.'])
    expect(wrong('all: {vars: *x}')).to.deep.equal(['1:13: The alias *x has no anchor &x before it.'])
    expect(wrong('all:\n  vars:\n    a: !vault |\n      x\n')[0]).to.match(/^3:8: This value is encrypted with Ansible Vault/)
    expect(wrong('')[0]).to.include('The inventory is nothing')
    expect(wrong('- a')[0]).to.include('1:1: The inventory is a list')
  })

  it('rejects a group that is its own child, in one place or over several, or through an alias', () => {
    expect(wrong('a: {children: {b: {children: {c: }}}}\nc:\n  children:\n    a:\n')).to.deep.equal(['4:5: The group a is among its own children: a > b > c > a. Take a out of the children of c.'])
    expect(wrong('a: {children: {a: }}')[0]).to.match(/^1:16: The group a is among its own children: a > a\./)
    expect(wrong('a: {children: {all: }}\nall: {children: {a: }}')[0]).to.include('among its own children')
    expect(wrong('a: &x {children: {b: *x}}')[0]).to.include('among its own children')
  })

  it('does not show a password that is wrong', () => {
    expect(wrong('all: {hosts: {a.org: {ansible_password: 987654}}}').join()).to.not.include('987654')
    expect(wrong('all: {hosts: {a.org: {ansible_password: "{{ vault_pass_x1 }}"}}}').join()).to.not.include('vault_pass_x1')
  })

  it('ends for any text, in an inventory or in an InventoryError', () => {
    const word = fc.constantFrom('all', 'web', 'hosts', 'vars', 'children', 'a.org', 'ansible_port', '__proto__', 'constructor', 'x')
    const tree = fc.letrec(tie => ({ value: fc.oneof({ maxDepth: 5 }, fc.constantFrom(null, 1, 'text', true), fc.dictionary(word, tie('value')), fc.array(tie('value'), { maxLength: 2 })) })).value
    fc.assert(fc.property(fc.oneof(fc.string(), tree.map(value => JSON.stringify(value))), text => {
      try {
        return Array.isArray(parse(text).hosts)
      } catch (error) {
        return error instanceof InventoryError && error.issues.length > 0
      }
    }))
  })
})
