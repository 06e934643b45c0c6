import { homedir } from 'node:os'
import { expect } from 'chai'
import fc from 'fast-check'
import { PlaybookError, UsageError } from '../../../lib/errors.ts'
import { parseInventory } from '../../../lib/inventory/load.ts'
import { overrideConnection } from '../../../lib/inventory/override-connection.ts'
import { selectHosts } from '../../../lib/inventory/select-hosts.ts'

const inventory = parseInventory(`
web: { hosts: { "web[1:3].org": } }
db: { hosts: { db1.org: , web3.org: }, vars: { ansible_become: no } }
empty:
all: { hosts: { "2001:db8::1": , localhost: } }
`, '/srv/prod.yml')

const select = (pattern: string, limit?: string): string[] => selectHosts(inventory, pattern, limit).map(host => host.name)

describe('selectHosts', () => {
  it('takes groups, hosts and globs, in the order of the inventory', () => {
    const all = ['web1.org', 'web2.org', 'web3.org', 'db1.org', '2001:db8::1', 'localhost']
    const cases: Record<string, string[]> = {
      all, '*': all, web: ['web1.org', 'web2.org', 'web3.org'], db: ['web3.org', 'db1.org'], 'db1.org': ['db1.org'], 'web*': ['web1.org', 'web2.org', 'web3.org'],
      'web?.org': ['web1.org', 'web2.org', 'web3.org'], 'd*': ['web3.org', 'db1.org'], empty: [], 'nothing*': [], '2001:db8::1': ['2001:db8::1'],
      ungrouped: ['2001:db8::1', 'localhost'],
    }
    for (const [pattern, names] of Object.entries(cases)) expect(select(pattern), pattern).to.deep.equal(names)
  })

  it('joins, intersects and excludes, whatever the order of the terms', () => {
    const cases: Record<string, string[]> = {
      'db1.org:web1.org': ['web1.org', 'db1.org'], 'db1.org,web1.org': ['web1.org', 'db1.org'], 'web1.org , 2001:db8::1': ['web1.org', '2001:db8::1'],
      'db1.org : web1.org': ['web1.org', 'db1.org'], 'web : !db': ['web1.org', 'web2.org'], 'web:! db': ['web1.org', 'web2.org'],
      'web:&db': ['web3.org'], '&db:web': ['web3.org'], 'web:!db': ['web1.org', 'web2.org'], '!db,web': ['web1.org', 'web2.org'],
      '!web': ['db1.org', '2001:db8::1', 'localhost'], 'all,!web*,!2001:db8::1': ['db1.org', 'localhost'], 'web,&w*,!web1.org': ['web2.org', 'web3.org'],
    }
    for (const [pattern, names] of Object.entries(cases)) expect(select(pattern), pattern).to.deep.equal(names)
  })

  it('[fault 38] takes every glob character except * and ? literally, and implicit groups never match', () => {
    const others = parseInventory('web: { hosts: { web1.org: , web1xorg: { ansible_host: 192.0.2.1 }, "a+b.org": , "aab.org": } }', '/srv/prod.yml')
    const found = (pattern: string) => selectHosts(others, pattern).map(({ name }) => name)
    expect([found('web1.o*'), found('a+?.org'), found('*.org')]).to.deep.equal([['web1.org'], ['a+b.org'], ['web1.org', 'a+b.org', 'aab.org']])
    for (const pattern of ['al*', 'ungroup*', '*ll', 'ungroupe?']) expect(select(pattern), pattern).to.deep.equal([])
  })

  it('keeps only hosts that are in the limit as well', () => {
    expect(select('all', 'db')).to.deep.equal(['web3.org', 'db1.org'])
    expect(select('web', 'db1.org')).to.deep.equal([])
  })

  it('refuses names that nobody has, with those there are', () => {
    expect(() => select('wbe')).to.throw(PlaybookError, 'names "wbe", which is not a group or host')
    expect(() => select('web:!bd')).to.throw(PlaybookError, '"bd"')
    expect(() => select('')).to.throw(PlaybookError, 'The pattern "" is empty; a group, a host or a pattern is allowed.').with.property('hint').that.includes('Groups: all, db')
    expect(() => select('x')).to.throw(PlaybookError, 'The pattern "x" names "x"')
    expect(() => select('all', 'x')).to.throw(UsageError, 'The limit "x" names "x"')
    for (const limit of ['wbe', 'wbe*', ' ', '~web', 'web[0]']) expect(() => select('all', limit), limit).to.throw(UsageError)
    try {
      select('all', 'wbe')
    } catch (error) {
      expect(error instanceof UsageError && error.hint).to.equal('Groups: all, db, empty, web, ungrouped. Hosts: web1.org, web2.org, web3.org, db1.org, 2001:db8::1, localhost. Also allowed: web*, a:b, a,b, !not, &and.')
    }
  })

  it('gives hosts of the inventory, each once, for any pattern of known names', () => {
    const term = fc.tuple(fc.constantFrom('', '!', '&'), fc.constantFrom('all', 'web', 'db', 'web1.org', 'w*', 'localhost')).map(parts => parts.join(''))
    fc.assert(fc.property(fc.array(term, { minLength: 1, maxLength: 5 }), fc.constantFrom(':', ','), (terms, separator) => {
      const found = select(terms.join(separator))
      expect(found).to.deep.equal(inventory.hosts.map(host => host.name).filter(name => found.includes(name)))
    }))
  })
})

describe('overrideConnection', () => {
  it('replaces what the command line says, and nothing else', () => {
    expect(overrideConnection(inventory.hosts, {})).to.deep.equal(inventory.hosts)
    expect(overrideConnection(inventory.hosts, { user: 'nobody-else' }).map(({ user }) => user)).to.deep.equal(inventory.hosts.map(() => 'nobody-else'))
    const [, , , db] = overrideConnection(inventory.hosts, { user: 'root', privateKey: '~/key', become: true })
    expect([db?.name, db?.user, db?.identityFile, db?.become]).to.deep.equal(['db1.org', 'root', `${homedir()}/key`, true])
    expect(overrideConnection(inventory.hosts, { privateKey: 'key' })[0]?.identityFile).to.equal(`${process.cwd()}/key`)
  })
})
