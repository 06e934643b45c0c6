import path from 'node:path'
import { expect } from 'chai'
import { InventoryError } from '../../../lib/errors.ts'
import type { Inventory } from '../../../lib/inventory/host.ts'
import { parseInventory } from '../../../lib/inventory/load.ts'

const parse = (text: string): Inventory => parseInventory(text, '/srv/prod.yml')

/** What is wrong, as `line:column: message`. */
function wrong(text: string, file = '/srv/prod.yml'): string[] {
  try {
    parseInventory(text, file)
  } catch (error) {
    if (error instanceof InventoryError) return error.issues.map(({ line, column, message }) => `${line}:${column}: ${message}`)
    throw error
  }
  return expect.fail('The inventory was accepted.')
}

describe('the groups of an inventory', () => {
  it('that form a circle are reported without the groups that only lead to it', () => {
    expect(wrong('x: {children: {a: }}\na: {children: {b: }}\nb: {children: {a: }}')).to.deep.equal(['3:16: The group a is among its own children: a > b > a. Take a out of the children of b.'])
  })

  it('are as deep as their longest way from all, whichever parent is written first', () => {
    const found = parse(`
one: { children: { two: } }
two: { children: { three: } }
three: { children: { leaf: }, vars: { v: three } }
shallow: { children: { leaf: } }
leaf: { hosts: { a.org: }, vars: { v: leaf } }
`).hosts[0]
    expect([found?.groups, found?.vars]).to.deep.equal([['one', 'shallow', 'two', 'three', 'leaf'], { v: 'leaf' }])
  })

  it('have the priority 1 where none is given, or none that is a number', () => {
    const last = (first: string, second: string): unknown => parse(`a: {hosts: a.org, vars: {v: a, ${first}}}\nz: {hosts: a.org, vars: {v: z, ${second}}}`).hosts[0]?.vars.v
    expect(last('x: 1', 'x: 1')).to.equal('z')
    expect(last('x: 1', 'ansible_group_priority: ')).to.equal('z')
    expect(last('x: 1', 'ansible_group_priority: 0')).to.equal('a')
    expect(last('ansible_group_priority: 10', 'ansible_group_priority: high')).to.equal('a')
    expect(last('ansible_group_priority: 0.5', 'ansible_group_priority: high')).to.equal('z')
  })

  it('leave in ungrouped who is in no other, and who is written there', () => {
    const { groups } = parse('ungrouped: {hosts: {a.org: , b.org: }}\nweb: {hosts: {b.org: , c.org: }}\nall: {hosts: {d.org: , c.org: }}')
    expect([...groups]).to.deep.equal([['all', ['a.org', 'b.org', 'c.org', 'd.org']], ['ungrouped', ['a.org', 'b.org', 'd.org']], ['web', ['b.org', 'c.org']]])
  })

  it('may be called start', () => {
    expect(parse('start: {hosts: {a.org: }}').groups.get('start')).to.deep.equal(['a.org'])
  })

  it('may name a host or a child as a text, with blanks around it', () => {
    expect([...parse('web: {hosts: " a.org "}\ndb: {children: " web "}').groups]).to.deep.equal([['all', ['a.org']], ['db', ['a.org']], ['web', ['a.org']], ['ungrouped', []]])
    expect(wrong('web: {hosts: "  "}')).to.deep.equal(['1:14: The hosts of web are given as a text; a mapping is allowed. Write `web1:` on a line of its own, without a dash.'])
  })

  it('are reported if they are not a mapping, with what to write, each at its place', () => {
    expect(wrong('web: text')).to.deep.equal(['1:6: The parts of web are given as a text; a mapping is allowed. Write hosts, vars and children.'])
    expect(wrong('web: {children: [a]}')).to.deep.equal(['1:17: The children of web are given as a list; a mapping is allowed. Write `web:` on a line of its own, without a dash.'])
    expect(wrong('web: {web1: }')).to.deep.equal(['1:7: The group web has a key "web1"; hosts, vars and children are allowed. A host named web1 goes below `hosts:`.'])
    expect(wrong('all:\n  children:\n    web:\n      hosts:\n        web1:\n          ansible_port: x\n')).to.deep.equal(['5:9: The host web1 has no address, and its name is not one. Add `ansible_host: ADDRESS` below it.', '6:25: ansible_port is "x"; a port from 1 to 65535 is allowed.'])
  })

  it('are reported with the relative path if they are below the current folder', () => {
    const file = (absolute: string): unknown => {
      try {
        parseInventory('- a', absolute)
      } catch (error) {
        return error instanceof InventoryError ? error.issues[0]?.file : undefined
      }
      return undefined
    }
    expect(file(path.join(process.cwd(), 'inventories', 'prod.yml'))).to.equal('inventories/prod.yml')
    expect(file('/elsewhere/prod.yml')).to.equal('/elsewhere/prod.yml')
  })
})

describe('the YAML of an inventory', () => {
  it('is reported with its place through an alias', () => {
    expect(wrong('x: {vars: &v {a: "{{ b }}"}}\ny: {hosts: a.org, vars: *v}')).to.deep.equal(['1:18: a contains a Jinja expression, which stead does not evaluate. Write the value itself, a .ts inventory that computes it, or `!unsafe` before a text that is meant as it stands.'])
  })

  it('may use one anchor for many hosts', () => {
    const hosts = Array.from({ length: 150 }, (_, index) => `h${index}.org: *v`).join(', ')
    expect(parse(`x: {vars: {own: &v {colour: red}}}\nall: {hosts: {${hosts}}}`).hosts.map(({ vars }) => vars.colour)).to.deep.equal(Array.from({ length: 150 }, () => 'red'))
  })

  it('takes no two lists as names for the same one', () => {
    expect(Object.keys(parse('all: {hosts: {a.org: {x: {[a]: 1, [b]: 2}}}}').hosts[0]?.vars.x ?? {})).to.have.length(2)
  })

  it('says in one line what is not understood, always with a place', () => {
    expect(wrong('all: {vars: {a: !foo x}}')).to.have.length(1).and.match(/^1:17: This is not understood: .*!foo.*\.$/)
    for (const message of wrong('all:\n  hosts: [a\nb: 1')) expect(message).to.not.include('\n')
    expect(wrong('')).to.deep.equal(['undefined:undefined: The inventory is nothing; a mapping of groups is allowed. Write `all:`, and below it `hosts:`.'])
  })
})
