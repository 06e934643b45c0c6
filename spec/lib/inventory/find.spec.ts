import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import { InventoryError } from '../../../lib/errors.ts'
import { findInventory, inventoryNames } from '../../../lib/inventory/find.ts'
import { loadInventory } from '../../../lib/inventory/load.ts'
import { formatError } from '../../../lib/report/format-error.ts'

describe('a folder of inventories', () => {
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'inventories-'))
  })
  afterEach(() => rmSync(directory, { recursive: true }))
  const write = (name: string, text = ''): void => {
    mkdirSync(path.dirname(path.join(directory, name)), { recursive: true })
    writeFileSync(path.join(directory, name), text)
  }

  it('has names, sorted, without the endings of the files', () => {
    for (const name of ['a-b.yml', 'a.yaml', 'b.ts', 'b.yml', 'c.ini', 'd', 'e.yml/x']) write(name)
    expect(inventoryNames(directory)).to.deep.equal(['a', 'a-b', 'b'])
  })

  it('is reported as empty, with what to write', () => {
    expect(() => findInventory('prod', directory)).to.throw(InventoryError).satisfies((error: InventoryError) => formatError(error) === `prod: There is no such inventory.\n  ${directory} does not contain one. Write ${directory}/prod.yml, or give a path.`)
  })

  it('gives the files of one of it by the names of files and folders', () => {
    for (const name of ['site/b.yml', 'site/a/z.ts', 'site/a/y.yaml', 'site/c.yml~', 'site/host_vars/x']) write(name)
    expect(findInventory('site', directory)).to.deep.equal(['a/y.yaml', 'a/z.ts', 'b.yml'].map(name => path.join(directory, 'site', name)))
  })

  it('names all of the files that are read together, and what is wrong in their order', async () => {
    write('one.yml', 'all: ')
    write('two.yml', 'all: ')
    const paths = ['two.yml', 'one.yml'].map(name => path.join(directory, name))
    expect((await loadInventory(['two', 'one'], { directory })).warnings).to.deep.equal([`${paths.join(', ')}: The inventory does not contain any hosts.`])
    write('one.yml', 'all: {hosts: {web1: }}')
    write('two.yml', 'all:\n  hosts: {web2: }')
    const told = await loadInventory(['two', 'one'], { directory }).then(() => [], (error: unknown) => (error instanceof InventoryError ? error.issues : []))
    expect(told.map(({ file }) => file)).to.deep.equal(paths)
  })

  it('may contain a .ts file, whose text is literal', async () => {
    write('prod.ts', "export default { all: { hosts: { 'a.org': { motd: '{{ name }}' } } } }")
    expect((await loadInventory(['prod'], { directory })).hosts[0]?.vars).to.deep.equal({ motd: '{{ name }}' })
  })

  it('may have hidden files of variables next to it, and files that are named like their folders', async () => {
    write('prod.yml', 'all: {hosts: {a.org: }}\n.web: {hosts: {a.org: }}')
    write('group_vars/.web.yml')
    write('host_vars')
    expect((await loadInventory(['prod'], { directory })).hosts.map(({ name }) => name)).to.deep.equal(['a.org'])
  })
})
