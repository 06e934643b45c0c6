import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import { format, InventoryError } from '../../../lib/errors.ts'
import { inventoryNames } from '../../../lib/inventory/find.ts'
import { loadInventory } from '../../../lib/inventory/load.ts'

describe('loadInventory', () => {
  let directory: string
  before(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'inventories-'))
    const write = (name: string, text: string): void => writeFileSync(path.join(directory, name), text)
    write('prod.yml', 'all: {hosts: {prod.org: }}')
    write('staging.yaml', 'all: {hosts: {staging.org: }}')
    write('lab.ts', `let started = 0
      export default async () => ({ web: { hosts: { lab1: { ansible_host: '10.9.0.2', ansible_ssh_private_key_file: 'key', started: () => started } } }, start: async () => { started += 1 } })`)
    write('plain.ts', "export default { all: { hosts: { 'plain.org': null } } }")
    write('twice.yml', 'all:')
    write('twice.ts', 'export default {}')
    write('wrong.ts', "export default { all: { hosts: { web1: {} }, other: {} } }")
    write('none.ts', 'export const inventory = {}')
    write('throws.ts', "throw new Error('no such token')")
    write('hosts.ini', '[web]\nweb1\n')
    mkdirSync(path.join(directory, 'folder.yml'))
  })
  after(() => rmSync(directory, { recursive: true }))

  const names = async (nameOrPath: string): Promise<string[]> => (await loadInventory(nameOrPath, { directory })).hosts.map(host => host.name)
  const failure = async (nameOrPath: string): Promise<InventoryError> => {
    try {
      await loadInventory(nameOrPath, { directory })
    } catch (error) {
      if (error instanceof InventoryError) return error
      throw error
    }
    throw new Error(`${nameOrPath} was loaded`)
  }

  it('finds an inventory by its name, with each extension, and by its path', async () => {
    expect(await names('prod')).to.deep.equal(['prod.org'])
    expect(await names('staging')).to.deep.equal(['staging.org'])
    expect(await names('plain')).to.deep.equal(['plain.org'])
    expect(await names('prod.yml')).to.deep.equal(['prod.org'])
    expect(await names(path.join(directory, 'staging.yaml'))).to.deep.equal(['staging.org'])
    expect(await names(path.relative(process.cwd(), path.join(directory, 'plain.ts')))).to.deep.equal(['plain.org'])
  })

  it('loads a .ts inventory that is a function, with its start', async () => {
    const inventory = await loadInventory('lab', { directory })
    const [host] = inventory.hosts
    expect([host?.name, host?.address, host?.identityFile, host?.groups]).to.deep.equal(['lab1', '10.9.0.2', path.join(directory, 'key'), ['web']])
    expect([...inventory.groups.keys()]).to.deep.equal(['all', 'web', 'ungrouped'])
    await inventory.start?.()
    const started = host?.vars.started
    expect(typeof started === 'function' && Reflect.apply(started, undefined, [])).to.equal(1)
    expect((await loadInventory('prod', { directory })).start).to.equal(undefined)
  })

  it('lists what there is for an unknown name', async () => {
    expect(inventoryNames(directory)).to.deep.equal(['lab', 'none', 'plain', 'prod', 'staging', 'throws', 'twice', 'wrong'])
    const error = await failure('production')
    expect(format(error)).to.equal(`production: There is no such inventory.\n  In ${directory} there are: lab, none, plain, prod, staging, throws, twice, wrong. A path to a .yml, .yaml or .ts file works too.`)
    expect((await failure('./missing.yml')).message).to.include('There is no such inventory')
    expect((await failure('folder')).message).to.include('There is no such inventory')
    expect(inventoryNames('/nonexistent')).to.deep.equal([])
  })

  it('refuses a name that two files have, and a file of another kind', async () => {
    expect((await failure('twice')).message).to.include('twice.yml and twice.ts')
    expect((await failure(path.join(directory, 'hosts.ini'))).hint).to.include('ansible-inventory -i')
  })

  it('says what is wrong in a .ts inventory', async () => {
    expect((await failure('wrong')).issues.map(issue => issue.message.split('.')[0])).to.deep.equal([
      'The group all has a key "other"; hosts, vars and children are allowed', 'The host web1 has no address, and its name is none',
    ])
    expect((await failure('none')).message).to.include('default export is nothing')
    expect(format(await failure('throws'))).to.match(/throws\.ts: The inventory could not be loaded\.\n {2}Cause: no such token$/)
  })

  it('warns of group_vars beside it, which are not read', async () => {
    mkdirSync(path.join(directory, 'group_vars'))
    const { warnings } = await loadInventory('prod', { directory })
    rmSync(path.join(directory, 'group_vars'), { recursive: true })
    expect(warnings.join()).to.include('the folder group_vars beside it is not read')
  })
})
