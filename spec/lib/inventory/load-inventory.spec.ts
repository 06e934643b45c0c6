import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import { InventoryError } from '../../../lib/errors.ts'
import { formatError } from '../../../lib/report/format-error.ts'
import { inventoryNames } from '../../../lib/inventory/find.ts'
import { loadInventory, parseInventory, refuseVarsBeside } from '../../../lib/inventory/load.ts'

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
    write('own-error.ts', `import { InventoryError } from '${path.join(import.meta.dirname, '../../../lib/errors.ts')}'
      throw new InventoryError([{ file: 'own-error.ts', message: 'It said so itself.' }])`)
    write('hosts.ini', '[web]\nweb1\n')
    mkdirSync(path.join(directory, 'folder.yml'))
  })
  after(() => rmSync(directory, { recursive: true }))

  const names = async (nameOrPath: string): Promise<string[]> => (await loadInventory([nameOrPath], { directory })).hosts.map(host => host.name)
  const failure = async (nameOrPath: string): Promise<InventoryError> => {
    try {
      await loadInventory([nameOrPath], { directory })
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
    const inventory = await loadInventory(['lab'], { directory })
    const [host] = inventory.hosts
    expect([host?.name, host?.address, host?.identityFile, host?.groups]).to.deep.equal(['lab1', '10.9.0.2', path.join(directory, 'key'), ['web']])
    expect([...inventory.groups.keys()]).to.deep.equal(['all', 'web', 'ungrouped'])
    await inventory.start?.()
    const started = host?.vars.started
    expect(typeof started === 'function' && Reflect.apply(started, undefined, [])).to.equal(1)
    expect((await loadInventory(['prod'], { directory })).start).to.equal(undefined)
  })

  it('lists what there is for an unknown name', async () => {
    expect(inventoryNames(directory)).to.deep.equal(['lab', 'none', 'own-error', 'plain', 'prod', 'staging', 'throws', 'twice', 'wrong'])
    const error = await failure('production')
    expect(formatError(error)).to.equal(`production: There is no such inventory.\n  In ${directory} there are: lab, none, own-error, plain, prod, staging, throws, twice, wrong. A path to a .yml, .yaml or .ts file or to a folder of them works too.`)
    expect((await failure('./missing.yml')).message).to.include('There is no such inventory')
    expect((await failure('folder')).message).to.include('There is no such inventory')
    expect(inventoryNames('/nonexistent')).to.deep.equal([])
  })

  it('refuses a name that two files have, and a file of another kind', async () => {
    expect((await failure('twice')).message).to.include('twice.yml and twice.ts')
    expect((await failure('twice')).hint).to.equal('Name one by its path, or remove the other.')
    const ini = path.join(directory, 'hosts.ini')
    expect((await failure(ini)).hint).to.equal(`Convert an INI inventory: ansible-inventory -i ${ini} --list --yaml --output ${path.join(directory, 'hosts.yml')}`)
  })

  it('says what is wrong in a .ts inventory', async () => {
    expect((await failure('wrong')).issues.map(issue => issue.message.split('.')[0])).to.deep.equal([
      'The group all has a key "other"; hosts, vars and children are allowed', 'The host web1 has no address, and its name is not one',
    ])
    expect((await failure('wrong')).issues.map(({ file }) => path.basename(file))).to.deep.equal(['wrong.ts', 'wrong.ts'])
    expect((await failure('none')).message).to.include('default export is nothing')
    expect((await failure('own-error')).issues).to.deep.equal([{ file: 'own-error.ts', message: 'It said so itself.' }])
    expect(formatError(await failure('throws'))).to.match(/throws\.ts: The inventory could not be loaded\.\n {2}Cause: no such token$/)
  })

  it('[fault 14] refuses group_vars and host_vars next to it that are about its groups and hosts', async () => {
    const place = path.join(directory, 'beside')
    for (const folder of ['group_vars/web', 'host_vars']) mkdirSync(path.join(place, folder), { recursive: true })
    for (const name of ['group_vars/all.yml', 'group_vars/other.yml', 'group_vars/.hidden', 'host_vars/a.org', 'host_vars/b.org.json', 'host_vars/elsewhere.yaml']) writeFileSync(path.join(place, name), '')
    writeFileSync(path.join(place, 'prod.yml'), 'web: {hosts: {a.org: , b.org: }}')
    const error = await failure(path.join(place, 'prod.yml'))
    expect(error.issues.map(({ file }) => path.relative(place, file))).to.deep.equal(['group_vars/all.yml', 'group_vars/web', 'host_vars/a.org', 'host_vars/b.org.json'])
    expect(error.issues.map(({ message }) => message)).to.include('It gives variables to the group web, and stead does not read group_vars. Move them into the inventory, below `vars:` of web, or move the file away.')
    expect(error.issues.map(({ message }) => message)).to.include('It gives variables to the host a.org, and stead does not read host_vars. Move them into the inventory, below a.org, or move the file away.')
    expect(error.exitStatus).to.equal(64)
    writeFileSync(path.join(place, 'other.yml'), 'db: {hosts: {c.org: }}')
    rmSync(path.join(place, 'group_vars', 'all.yml'))
    expect(await names(path.join(place, 'other.yml'))).to.deep.equal(['c.org'])
    expect(() => refuseVarsBeside(path.join(place, 'site.ts'), parseInventory('web: {hosts: {a.org: }}', '/elsewhere/prod.yml'))).to.throw(InventoryError, 'host_vars/a.org')
    expect(() => refuseVarsBeside(path.join(directory, 'site.ts'), parseInventory('web: {hosts: {a.org: }}', '/elsewhere/prod.yml'))).to.not.throw()
  })

  it('[fault 28] merges several as Ansible does: all hosts and groups, and of each variable the later value', async () => {
    const place = path.join(directory, 'several')
    mkdirSync(path.join(place, 'keys'), { recursive: true })
    writeFileSync(path.join(place, 'a.yml'), 'web: {hosts: {one: {ansible_host: 10.0.0.1, ansible_ssh_private_key_file: key, own: a}}, vars: {colour: red, size: 1}}')
    writeFileSync(path.join(place, 'keys', 'b.yml'), 'web: {hosts: {two: {ansible_host: 10.0.0.2}, one: {ansible_ssh_private_key_file: other}}, vars: {colour: blue}}\ndb: {children: {web: }}')
    const [a, b] = [path.join(place, 'a.yml'), path.join(place, 'keys', 'b.yml')]
    const inventory = await loadInventory([a, b], { directory })
    expect(inventory.path).to.equal(`${a}, ${b}`)
    expect([...inventory.groups]).to.deep.equal([['all', ['one', 'two']], ['db', ['one', 'two']], ['web', ['one', 'two']], ['ungrouped', []]])
    expect(inventory.hosts.map(({ name, vars, identityFile }) => ({ name, vars, identityFile }))).to.deep.equal([
      { name: 'one', vars: { colour: 'blue', size: 1, own: 'a' }, identityFile: path.join(place, 'keys', 'other') }, { name: 'two', vars: { colour: 'blue', size: 1 }, identityFile: undefined },
    ])
    expect(inventory.hosts[0]?.places).to.deep.equal({ colour: `${b}:1:106`, size: `${a}:1:116`, own: `${a}:1:85` })
    expect((await loadInventory([b, a], { directory })).hosts.find(({ name }) => name === 'one')?.vars).to.deep.equal({ colour: 'red', size: 1, own: 'a' })
  })

  it('[fault 28] reports each mistake with its own file, and starts everything that has to be started', async () => {
    writeFileSync(path.join(directory, 'first.yml'), 'all: {hosts: {web1: }}')
    writeFileSync(path.join(directory, 'second.yml'), 'all: {hosts: {web2: }, chidren: }')
    const told = await loadInventory(['first', 'second'], { directory }).then(() => [], (error: unknown) => (error instanceof InventoryError ? error.issues : []))
    expect(told.map(({ file, line, column }) => `${path.basename(file)}:${line}:${column}`)).to.deep.equal(['first.yml:1:15', 'second.yml:1:15', 'second.yml:1:24'])
    const both = await loadInventory(['lab', 'plain'], { directory })
    await both.start?.()
    expect(both.hosts.map(({ name }) => name)).to.deep.equal(['lab1', 'plain.org'])
  })

  it('[fault 29] reads all inventories of a folder in the order of their names, as Ansible does', async () => {
    const place = path.join(directory, 'site')
    mkdirSync(path.join(place, '20-more'), { recursive: true })
    mkdirSync(path.join(place, 'group_vars'))
    const files: Record<string, string> = { '10-web.yml': 'web: {hosts: web1.org, vars: {x: 1}}', '20-more/db.yaml': 'db: {hosts: db1.org}\nweb: {vars: {x: 2}}', 'README.md': '', '.hidden.yml': '-', 'old.yml.bak': '-', 'group_vars/other.yml': '-' }
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(place, name), text)
    for (const given of ['site', place, `${place}/`]) expect(await names(given), given).to.deep.equal(['web1.org', 'db1.org'])
    expect((await loadInventory(['site'], { directory })).hosts[0]?.vars).to.deep.equal({ x: 2 })
    writeFileSync(path.join(place, 'hosts'), '[web]\nweb9\n')
    expect(formatError(await failure('site'))).to.include('site/hosts: The inventory is not a .yml, .yaml or .ts file.').and.include('ansible-inventory -i site/hosts')
    mkdirSync(path.join(directory, 'bare'))
    expect(formatError(await failure('bare'))).to.equal('bare: The folder contains no inventory.\n  Put a .yml, .yaml or .ts file into it.')
    expect(formatError(await failure('web1,web2'))).to.include('A list of hosts is not an inventory for stead').and.include(`Write ${path.join(directory, 'hosts.yml')}, with \`all: { hosts:`)
  })
})
