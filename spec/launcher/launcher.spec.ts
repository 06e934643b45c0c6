import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import { Elsewhere, project } from './stead-command.ts'

describe('./stead', function () {
  this.timeout(240_000)
  let elsewhere: Elsewhere

  beforeEach(() => {
    elsewhere = new Elsewhere()
  })

  afterEach(() => {
    elsewhere.remove()
  })

  it('runs a playbook that lies outside the project, in a folder that does not say "type": "module"', async () => {
    elsewhere.playbook(`  task('Greet', file({ path: '${elsewhere.directory}/greeting', content: 'hello\\n' }))`)
    expect((await elsewhere.stead([])).status).to.equal(0)
    expect(readFileSync(path.join(elsewhere.directory, 'greeting'), 'utf8')).to.equal('hello\n')
    const again = await elsewhere.stead([])
    expect([again.status, again.out, again.error]).to.deep.equal([0, again.out, '']).and.to.satisfy(() => again.out.includes('nothing to change'))
    expect(elsewhere.kept()).to.have.length(1)
  })

  it('gives a playbook and what it imports their own folders and names', async () => {
    elsewhere.write('sub/place.ts', 'export const place = import.meta.dirname\n')
    elsewhere.playbook(`  task([place, import.meta.dirname, import.meta.filename, import.meta.url, 'import.meta.dirname'].join(' '), file({ path: '/x' }))`, [`import { place } from './sub/place.ts'`])
    const { directory } = elsewhere
    expect(await elsewhere.tasks()).to.deep.equal([`${directory}/sub ${directory} ${directory}/site.ts file://${directory}/site.ts import.meta.dirname`])
  })

  it('names the file and the line of a playbook that an error comes from, from the cache too', async () => {
    elsewhere.write('roles/web.ts', `interface Web { port: number }\n\nexport function web(given?: Web): string {\n  const { port } = JSON.parse('{}') as { port?: Web }\n  return String(given ?? port!.port)\n}\n`)
    elsewhere.playbook(`  task(web(), file({ path: '/x' }))`, [`import { web } from './roles/web.ts'`])
    for (const how of ['cold', 'cached', 'with code cache']) {
      const { status, error } = await elsewhere.stead(['--check'])
      expect([how, status, error.split('\n').at(-1)]).to.deep.equal([how, 64, '  It comes from roles/web.ts:5:32.'])
    }
    elsewhere.playbook(`  task('x', file({ path: '/x', content: \`\${secret('geheim')}\` }))`, [`import { secret } from ${JSON.stringify(path.join(project, 'lib/index.ts'))}`])
    const { error } = await elsewhere.stead(['--check'])
    expect(error).to.match(/It happened at .*\/site\.ts:5:/).and.not.include('geheim')
  })

  it('finds templates and files next to the playbook, and notices each change', async () => {
    elsewhere.write('templates/motd.eta', 'first\n')
    elsewhere.playbook(`  task('Motd', template({ path: '${elsewhere.directory}/motd', source: 'motd.eta' }))`, [`import { template } from ${JSON.stringify(path.join(project, 'modules/template.ts'))}`])
    for (const text of ['first\n', 'second\n']) {
      elsewhere.write('templates/motd.eta', text)
      expect((await elsewhere.stead([])).status).to.equal(0)
      expect(readFileSync(path.join(elsewhere.directory, 'motd'), 'utf8')).to.equal(text)
    }
  })

  it('sees at the next run what has changed: the playbook, what it imports, a link on the way to it, an inventory, stead itself', async () => {
    const root = elsewhere.copyOfStead()
    const tasks = () => elsewhere.tasks({ root })
    const said = (text: string) => `export const said = '${text}'\n`
    elsewhere.write('v1/said.ts', said('one'))
    elsewhere.write('v2/said.ts', said('two'))
    symlinkSync('v1', path.join(elsewhere.directory, 'current'))
    elsewhere.playbook(`  task(said, file({ path: '/x' }))`, [`import { said } from './current/said.ts'`], root)
    expect([await tasks(), await tasks()]).to.deep.equal([['one'], ['one']])
    // Of the same size, and with the time that it had.
    const { atime, mtime } = statSync(path.join(elsewhere.directory, 'v1/said.ts'))
    elsewhere.write('v1/said.ts', said('new'))
    utimesSync(path.join(elsewhere.directory, 'v1/said.ts'), atime, mtime)
    expect(await tasks()).to.deep.equal(['new'])
    rmSync(path.join(elsewhere.directory, 'current'))
    symlinkSync('v2', path.join(elsewhere.directory, 'current'))
    expect(await tasks()).to.deep.equal(['two'])
    elsewhere.playbook(`  task('other', file({ path: '/x' }))`, [], root)
    expect(await tasks()).to.deep.equal(['other'])
    appendFileSync(path.join(root, 'modules/file.ts'), `\nconsole.error('changed module')\n`)
    appendFileSync(path.join(root, 'lib/errors.ts'), `\nconsole.error('changed lib')\n`)
    expect((await elsewhere.stead(['--list-tasks'], { root })).error.split('\n').sort()).to.deep.equal(['changed lib', 'changed module'])
    for (const name of ['a', 'b']) {
      elsewhere.write('hosts.ts', `export default { all: { hosts: { ${name}: { ansible_connection: 'local' } } } }\n`)
      expect((await elsewhere.stead(['--list-hosts', '-i', 'hosts.ts'], { root })).out).to.include(`host ${name}`)
    }
  })

  it('says where a playbook does not compile, with status 64 and without a stack', async () => {
    elsewhere.playbook(`  task('x' file({ path: '/x' }))`)
    const { status, error } = await elsewhere.stead(['--check'])
    expect([status, error]).to.deep.equal([64, `site.ts cannot be loaded: it does not compile.\n  ${elsewhere.directory}/site.ts:4:11: ERROR: Expected ")" but found "file"`])
  })

  it('loads a playbook that imports by a name made at run time file by file, as tsx does', async () => {
    elsewhere.write('package.json', '{ "type": "module" }')
    elsewhere.write('roles/a.ts', 'export const name = "role a"\n')
    elsewhere.playbook(`  task(role.name, file({ path: '/x' }))`, [`const which = 'a'`, 'const role: { name: string } = await import(`./roles/${which}.ts`)'])
    expect(await elsewhere.tasks()).to.deep.equal(['role a'])
  })

  it('finds an inventory by its name, and not a folder of that name next to the playbook', async () => {
    elsewhere.write('inventories/prod.ts', `export default { all: { hosts: { there: { ansible_connection: 'local' } } } }\n`)
    elsewhere.write('prod/tool.ts', 'this does not compile\n')
    elsewhere.playbook(`  task('fine', file({ path: '/x' }))`)
    expect((await elsewhere.stead(['--list-hosts', '-i', 'prod'])).out).to.include('host there')
    expect(elsewhere.kept()).to.have.length(1)
  })

  it('keeps no copy of a file that only its user may read, since it may contain secrets, and removes an earlier copy', async () => {
    elsewhere.playbook(`  task('x', file({ path: '/x' }))`)
    elsewhere.write('hosts.ts', `import { pin } from './pin.ts'\nexport default { all: { hosts: { there: { ansible_connection: 'local', pin } } } }\n`)
    elsewhere.write('pin.ts', `export const pin = 'Zq7-in-an-inventory'\n`)
    const copies = async () => {
      expect((await elsewhere.stead(['-i', 'hosts.ts', '--list-hosts'])).out).to.include('there')
      return existsSync(path.join(elsewhere.cacheHome, 'stead')) ? elsewhere.kept().filter(file => readFileSync(file).includes('Zq7-in-an-inventory')).length : 0
    }
    expect(await copies()).to.equal(1)
    for (const name of ['pin.ts', 'hosts.ts']) {
      chmodSync(path.join(elsewhere.directory, name), 0o600)
      expect(await copies(), name).to.equal(0)
      chmodSync(path.join(elsewhere.directory, name), 0o644)
      expect(await copies(), `${name}, for all to read again`).to.equal(1)
    }
  })

  it('looks for inventories where -i names them, not in a folder that is named like a tag or a host', async () => {
    elsewhere.playbook(`  task('x', file({ path: '/x' }))`)
    elsewhere.write('web/broken.ts', 'export default {\n')
    expect((await elsewhere.stead(['--list-tasks', '-t', 'web'])).status).to.equal(64)
    expect(elsewhere.kept()).to.have.length(1)
  })

  it('builds a bundle again if the cached one is damaged, truncated, empty or unreadable', async () => {
    elsewhere.playbook(`  task('fine', file({ path: '/x' }))`)
    await elsewhere.tasks()
    const [kept = ''] = elsewhere.kept()
    const whole = readFileSync(kept)
    const damages: Record<string, () => void> = {
      'one byte of another value': () => writeFileSync(kept, whole.map((byte, index) => (index === 500_000 ? byte ^ 1 : byte))),
      'cut short': () => truncateSync(kept, whole.length - 1),
      empty: () => truncateSync(kept, 0),
      'a directory': () => {
        rmSync(kept)
        mkdirSync(kept)
      },
      'written by others': () => {
        rmSync(kept, { recursive: true })
        writeFileSync(kept, whole)
        chmodSync(kept, 0o666)
      },
    }
    for (const [damage, make] of Object.entries(damages)) {
      make()
      expect([damage, await elsewhere.tasks()]).to.deep.equal([damage, ['fine']])
    }
  })

  it('keeps bundles for its user alone, and keeps none where others can write', async () => {
    elsewhere.playbook(`  task('fine', file({ path: '/x' }))`)
    await elsewhere.tasks()
    const folder = path.join(elsewhere.cacheHome, 'stead')
    const [kept = ''] = elsewhere.kept()
    expect([folder, kept].map(each => (statSync(each).mode & 0o777).toString(8))).to.deep.equal(['700', '600'])
    // A bundle that somebody else may have put there is not run.
    renameSync(kept, `${kept}.old`)
    chmodSync(folder, 0o777)
    expect(await elsewhere.tasks()).to.deep.equal(['fine'])
    expect(elsewhere.kept()).to.deep.equal([`${kept}.old`])
    // A place in which nothing can be kept: a file stands where the folder would be.
    writeFileSync(path.join(elsewhere.directory, 'file'), '')
    expect(await elsewhere.tasks({ env: { XDG_CACHE_HOME: path.join(elsewhere.directory, 'file') } })).to.deep.equal(['fine'])
  })

  it('starts several times at once without a cache, and every bundle is complete', async () => {
    elsewhere.playbook(`  task('fine', file({ path: '/x' }))`)
    expect(await Promise.all([1, 2, 3, 4].map(() => elsewhere.tasks()))).to.deep.equal([['fine'], ['fine'], ['fine'], ['fine']])
    expect(elsewhere.kept()).to.have.length(1)
    expect(await elsewhere.tasks()).to.deep.equal(['fine'])
  })

  it('writes no bundle with STEAD_NO_CACHE=1', async () => {
    elsewhere.write('package.json', '{ "type": "module" }')
    elsewhere.playbook(`  task('fine', file({ path: '/x' }))`)
    expect(await elsewhere.tasks({ env: { STEAD_NO_CACHE: '1' } })).to.deep.equal(['fine'])
    expect(() => elsewhere.kept()).to.throw('ENOENT')
  })
})
