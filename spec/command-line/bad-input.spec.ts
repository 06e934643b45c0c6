import { existsSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import { closedPort, CountingPort, playbookSource, runStead, Workspace, type Outcome } from './run-stead.ts'

describe('bad input, given as a user gives it', function () {
  this.timeout(180_000)
  const counting = new CountingPort()
  const workspace = new Workspace()
  const run = (words: readonly string[]): Promise<Outcome> => runStead(words, { cwd: workspace.directory })

  before(async () => {
    const port = await counting.listen()
    const host = `ansible_host: 127.0.0.1, ansible_port: ${port}, ansible_user: root, ansible_password: bad-input-password`
    workspace.write('inventories/good.yml', `all:\n  children:\n    web:\n      hosts:\n        web1: { ${host} }\n        web2: { ${host}, greeting: hi, count: 1 }\n    db:\n      hosts:\n        db1: { ${host} }\n`)
    workspace.write('playbooks/good.ts', playbookSource(`task('Greet', file({ path: '/etc/motd', content: 'x' }), { tags: ['content'] })\n task('Install', apt({ packages: ['nginx'] }), { tags: ['packages', 'slow'] })`, { hosts: 'web' }))
  })

  after(async () => {
    await counting.close()
    workspace.remove()
  })

  /** Status 64, an error of its own that begins with one clear line, no stack, nothing on standard output, and nobody was connected to. */
  async function refused(words: readonly string[]): Promise<string[]> {
    const { status, out, error } = await run(words)
    expect(error, 'no stack').to.not.match(/^ {4,}at /m)
    expect([status, out, counting.connections], error).to.deep.equal([64, '', 0])
    const lines = error.trimEnd().split('\n')
    expect(lines[0]).to.match(/\S.*\S/)
    return lines
  }

  it('is proved to make no connection: the right input makes one, to the port that counts', async () => {
    const witness = new CountingPort()
    const port = await witness.listen()
    workspace.write('inventories/witness.yml', `all: { children: { web: { hosts: { web1: { ansible_host: 127.0.0.1, ansible_port: ${port}, ansible_user: root, ansible_password: bad-input-password } } } } }\n`)
    const { status, out } = await run(['playbooks/good.ts', '-i', 'witness'])
    expect(status, out).to.equal(4)
    expect(witness.connections).to.be.at.least(1)
    await witness.close()
  })

  it('[fault 5] a secret used as text, in a task or in its function: where it was, and the tag that joins secrets and text', async () => {
    const source = (tasks: string) => `${playbookSource(`const password = secret('bad-input-secret')\n ${tasks}`, { hosts: 'web' })}import { secret } from '../lib/index.ts'\n`
    workspace.write('playbooks/secret.ts', source("task('Configure', file({ path: '/etc/app.conf', content: `password=${password}` }))"))
    workspace.write('playbooks/later.ts', source("task('Configure', () => file({ path: '/etc/app.conf', content: ['password=', password].join('') }))"))
    workspace.write('playbooks/printed.ts', source("task('Configure', file({ path: '/etc/app.conf', content: 'password=<secret>' }))"))
    for (const [name, line] of [['secret', 8], ['later', 8]] as const) {
      const told = (await refused([`playbooks/${name}.ts`, '-i', 'good'])).join('\n')
      expect(told, name).to.include('used as text').and.include('secret`password=${value}`').and.match(new RegExp(`It happened at .*playbooks/${name}\\.ts:${line}:`))
    }
    expect((await refused(['playbooks/printed.ts', '-i', 'good'])).join('\n')).to.include('"Configure": file: content: contains the text <secret>, which stead prints instead of a secret')
  })

  it('an unknown inventory: the inventories there are', async () => {
    const [first, hint] = await refused(['playbooks/good.ts', '-i', 'prdo'])
    expect(first).to.equal('prdo: There is no such inventory.')
    expect(hint).to.match(/there are: .*good/)
  })

  it('an inventory that is not valid YAML: file, line and column', async () => {
    workspace.write('inventories/broken.yml', 'all:\n  hosts:\n    web1: { ansible_host: 10.0.0.1\n  vars:\n')
    expect((await refused(['playbooks/good.ts', '-i', 'broken'])).join('\n')).to.match(/inventories\/broken\.yml:[34]:\d+: /)
    workspace.write('inventories/tab.yml', 'all:\n\thosts:\n')
    expect((await refused(['playbooks/good.ts', '-i', 'tab'])).join('\n')).to.match(/inventories\/tab\.yml:2:\d+: /)
  })

  it('a host with no address: which, and where', async () => {
    workspace.write('inventories/nowhere.yml', 'all:\n  children:\n    web:\n      hosts:\n        web1:\n        web2: { ansible_host: 10.0.0.2 }\n')
    const [first] = await refused(['playbooks/good.ts', '-i', 'nowhere'])
    expect(first).to.match(/^inventories\/nowhere\.yml:5:\d+: The host web1 has no address/)
  })

  it('missing and wrong variables: all of them at once, with the hosts', async () => {
    workspace.write('playbooks/vars.ts', playbookSource(`task('Greet', file({ path: '/x' }))`, { hosts: 'web', vars: '{ greeting: z.string(), count: z.number(), name: z.string() }' }))
    const lines = await refused(['playbooks/vars.ts', '-i', 'good'])
    expect(lines[0]).to.match(/The playbook is wrong in \d places; nothing was touched\./)
    for (const variable of ['greeting', 'count', 'name']) expect(lines.join('\n')).to.include(`The variable ${variable} is wrong`)
    expect(lines.find(line => line.includes('variable name'))).to.include('(web1, web2)')
    expect(lines.find(line => line.includes('variable greeting'))).to.include('(web1)')
    expect(lines.join('\n')).to.include('-e name=value')
    expect((await refused(['playbooks/vars.ts', '-i', 'good', '-e', 'greeting=hi', '-e', '{"count": 1}'])).join('\n')).to.include('variable name').and.not.include('variable count')
  })

  it('wrong types in the arguments of modules: all of them at once, across tasks and handlers', async () => {
    workspace.write('playbooks/arguments.ts', playbookSource(`
      const wrong: any = { mode: 644, packages: 'nginx', contents: 1 }
      handler('Reload', systemd({ unit: 'a*b' }))
      task('First', file({ path: 'etc/motd', mode: wrong.mode }))
      task('Second', apt({ packages: wrong.packages }))
      task('Third', directory({ path: '/srv', ...{ contents: wrong.contents } }))`, { hosts: 'web' }))
    const text = (await refused(['playbooks/arguments.ts', '-i', 'good'])).join('\n')
    for (const problem of ['"First": file: path: must be an absolute path', '"First": file: mode: must be a string of octal digits', '"Second": apt: packages: must be a list', '"Third": directory: arguments: "contents" is not an argument of directory. It has path, ', '"Reload": systemd: unit: ']) expect(text).to.include(problem)
    expect(text).to.include('wrong in 5 places')
  })

  it('an event instead of a state: why it belongs in a handler', async () => {
    workspace.write('playbooks/event.ts', playbookSource(`task('Restart', systemd({ unit: 'nginx', state: 'restarted' }))`, { hosts: 'web' }))
    expect((await refused(['playbooks/event.ts', '-i', 'good'])).join('\n')).to.include('"Restart": systemd: state: \'restarted\' is an event').and.include('put it into a handler')
  })

  it('unknown tags and tasks: what there is', async () => {
    expect(await refused(['playbooks/good.ts', '-i', 'good', '--tags', 'contnet,packages'])).to.deep.equal(['Unknown tag: contnet. Did you mean "content"?', '  Tags of this playbook: content, packages, slow.'])
    expect((await refused(['playbooks/good.ts', '-i', 'good', '--skip-tags', 'x']))[0]).to.equal('Unknown tag: x.')
    expect((await refused(['playbooks/good.ts', '-i', 'good', '--start-at-task', 'Gret']))[0]).to.equal('No task is called "Gret". Did you mean "Greet"?')
  })

  it('an unknown limit or pattern of hosts: the groups and hosts there are', async () => {
    const limit = await refused(['playbooks/good.ts', '-i', 'good', '--limit', 'web7'])
    expect(limit[0]).to.equal('The limit "web7" names "web7", which is not a group or host of this inventory.')
    expect(limit[1]).to.include('db, web').and.include('web1, web2, db1')
    workspace.write('playbooks/hosts.ts', playbookSource(`task('x', file({ path: '/x' }))`, { hosts: 'wbe' }))
    expect((await refused(['playbooks/hosts.ts', '-i', 'good']))[0]).to.include('"wbe"')
  })

  it('a playbook that is none, does not exist, or does not compile', async () => {
    workspace.write('playbooks/none.ts', 'export default { name: "x", hosts: "web", tasks: () => undefined }\n')
    expect((await refused(['playbooks/none.ts', '-i', 'good']))[0]).to.equal('playbooks/none.ts is not a playbook.')
    expect((await refused(['playbooks/nowhere.ts', '-i', 'good']))[0]).to.equal('The playbook playbooks/nowhere.ts does not exist.')
    workspace.write('playbooks/syntax.ts', 'export default playbook({\n  name: \n')
    const lines = await refused(['playbooks/syntax.ts', '-i', 'good'])
    expect(lines[0]).to.include('playbooks/syntax.ts cannot be loaded')
    expect(lines.join('\n')).to.match(/syntax\.ts:\d+:\d+/)
    workspace.write('playbooks/lacking.ts', `import { playbook } from '../lib/index.ts'\nexport default playbook(JSON.parse('{"name": "x"}'))\n`)
    expect((await refused(['playbooks/lacking.ts', '-i', 'good']))[0]).to.equal('A playbook lacks hosts, tasks.')
    workspace.write('playbooks/throws.ts', playbookSource(`throw new Error('no such thing')`))
    expect((await refused(['playbooks/throws.ts', '-i', 'good'])).join('\n')).to.include('no such thing').and.include('playbooks/throws.ts')
  })

  it('[fault 36] a mistake inside a task\'s function: with file and line, wherever the playbook is', async () => {
    mkdirSync(path.join(workspace.directory, 'elsewhere'), { recursive: true })
    const source = playbookSource(`const none: string[] = []\n task('First', async () => {\n await Promise.resolve()\n return file({ path: none[0].trim() })\n })\n task('Second', file({ path: '/x' }), { when: () => none[1].length > 0 })`, { hosts: 'web' })
    const line = source.split('\n').findIndex(each => each.includes('none[0].trim')) + 1
    for (const name of ['elsewhere/late.ts', 'late.ts']) {
      workspace.write(name, name.includes('/') ? source : source.replaceAll('../', './'))
      const text = (await refused([name, '-i', 'good'])).join('\n')
      expect(text).to.include('wrong in 2 places').and.include(`"First": TypeError: Cannot read properties of undefined (reading 'trim') (web1, web2)`).and.match(new RegExp(`It comes from ${name}:${line}:\\d+\\.`))
      expect(text).to.include(`"Second": TypeError: Cannot read properties of undefined (reading 'length')`).and.match(new RegExp(`It comes from ${name}:${line + 2}:\\d+\\.`))
    }
  })

  it('a call that is wrong: one line, and how to call', async () => {
    const calls: [string[], RegExp][] = [
      [['playbooks/good.ts', '-i', 'good', '--forsk', '3'], /Unknown option '--forsk'.*--forks/], [['playbooks/good.ts', '-i', 'good', '--forks', '0'], /--forks was given "0"/],
      [['playbooks/good.ts', '-i', 'good', '--forks', 'many'], /--forks was given "many"/], [['playbooks/good.ts'], /inventory/i], [[], /PLAYBOOK|inventory/i],
      [['playbooks/good.ts', '-i', 'good', '--report', 'r.txt'], /The report r\.txt does not have a format/], [['playbooks/good.ts', 'another.ts', '-i', 'good'], /[Tt]oo many arguments/],
      [['playbooks/good.ts', '-i', 'good', '-e', 'novalue'], /not name=value/],
    ]
    for (const [words, message] of calls) expect((await refused(words))[0], words.join(' ')).to.match(message)
    expect(existsSync(path.join(workspace.directory, 'r.txt'))).to.equal(false)
  })

  it('[fault 14] a group_vars folder next to the playbook, which Ansible would read', async () => {
    for (const name of ['other/group_vars/web.yml', 'other/site.ts']) {
      mkdirSync(path.dirname(path.join(workspace.directory, name)), { recursive: true })
      workspace.write(name, playbookSource(`task('x', file({ path: '/x' }))`))
    }
    expect((await refused(['other/site.ts', '-i', 'good']))[0]).to.match(/^other\/group_vars\/web\.yml: It gives variables to the group web/)
  })

  it('[fault 15] a variable of -e that the playbook does not have: what was probably meant, and all of them at once', async () => {
    const source = playbookSource(`task('x', file({ path: '/x' }))`, { hosts: 'web', vars: '{ clearnet_federation: z.string().default("no"), tls: z.object({ key: z.string() }).optional() }' })
    workspace.write('playbooks/strict.ts', source)
    const text = (await refused(['playbooks/strict.ts', '-i', 'good', '-e', 'clearnet_federtion=true', '-e', '{"tls": {"key": "x", "kye": 1}}', '-e', 'ansible_user=bob'])).join('\n')
    expect(text).to.include('wrong in 3 places').and.include('-e clearnet_federtion: the playbook has no such variable. Did you mean "clearnet_federation"? It has clearnet_federation, tls.')
    expect(text).to.include('-e tls.kye: the playbook has no such variable. Did you mean "tls.key"?').and.include('-e ansible_user: connection settings belong in the inventory')
    workspace.write('playbooks/no-vars.ts', source.replace(/ vars: z\.object\(.*\),$/m, ''))
    expect((await refused(['playbooks/no-vars.ts', '-i', 'good', '-e', 'x=1'])).join('\n')).to.include('-e x: the playbook declares no variables. Declare it: vars: z.object({ x: z.string() }).')
  })

  it('[fault 15] with --strict-vars, a variable of the inventory that no playbook of the file has; otherwise that is a note', async () => {
    const one = playbookSource(`task('x', file({ path: '/x' }))`, { hosts: 'web', vars: '{ greting: z.string().optional() }' })
    workspace.write('playbooks/two.ts', one.replace('export default', 'const first =') + one.slice(one.indexOf('export default')).replace('export default', 'const second =').replace('greting', 'count').replace('z.string()', 'z.unknown()') + 'export default [first, second]\n')
    const line = 'inventories/good.yml:6:'
    const lines = await refused(['playbooks/two.ts', '-i', 'good', '--strict-vars'])
    expect(lines[1]).to.match(new RegExp(`${line}\\d+: The playbook has no variable greeting\\. Did you mean "greting"\\? \\(web2\\)$`))
    expect(lines).to.have.length(2)
    const { status, error } = await run(['playbooks/two.ts', '-i', 'good', '--list-hosts'])
    expect(status).to.equal(0)
    expect(error).to.match(new RegExp(`^Note: ${line}\\d+: The playbook has no variable greeting\\. Did you mean "greting"\\?\n$`))
  })

  it('[fault 13] tasks() that is async: what it adds after its first await would be dropped', async () => {
    workspace.write('playbooks/async.ts', playbookSource(`task('x', file({ path: '/x' })); await Promise.resolve(); task('y', file({ path: '/y' }))`).replace('  tasks(', '  async tasks('))
    const [first, hint] = await refused(['playbooks/async.ts', '-i', 'good'])
    expect(first).to.equal('tasks() of the playbook "Spec" is async, and what it adds after its first await would be dropped.')
    expect(hint).to.include('await inside a task\'s function')
  })

  it('a report into a folder that does not exist, before any host is touched', async () => {
    expect((await refused(['playbooks/good.ts', '-i', 'good', '--report', 'no/such/folder/r.json'])).join('\n')).to.include('no/such/folder')
  })
})

describe('listing, as a user asks for it', function () {
  this.timeout(180_000)
  const counting = new CountingPort()
  const workspace = new Workspace()

  before(async () => {
    const port = await counting.listen()
    const host = `{ ansible_host: 127.0.0.1, ansible_port: ${port}, ansible_user: root }`
    workspace.write('inventories/good.yml', `all: { children: { web: { hosts: { web1: ${host}, web2: ${host} } }, db: { hosts: { db1: ${host} } } } }\n`)
    workspace.write('playbooks/good.ts', playbookSource(`task('Greet', file({ path: '/etc/motd', content: 'x' }), { tags: ['content'] })\n task('Install', apt({ packages: ['nginx'] }), { tags: ['packages', 'slow'] })\n task('Plain', file({ path: '/x' }))`, { hosts: 'web' }))
  })

  after(async () => {
    await counting.close()
    workspace.remove()
  })

  async function listed(...words: string[]): Promise<string> {
    const { status, out, error } = await runStead(['playbooks/good.ts', '-i', 'good', ...words], { cwd: workspace.directory })
    expect([status, error, counting.connections]).to.deep.equal([0, '', 0])
    return out
  }

  it('prints hosts, tasks or tags, and connects to nothing', async () => {
    expect(await listed('--list-hosts')).to.equal('Spec:\n  host web1  127.0.0.1\n  host web2  127.0.0.1\n')
    expect(await listed('--list-tasks')).to.equal('Spec:\n  task Greet  [content]\n  task Install  [packages, slow]\n  task Plain\n')
    expect(await listed('--list-tags')).to.equal('Spec:\n  tag content\n  tag packages\n  tag slow\n')
  })

  it('heeds limit and tags', async () => {
    expect(await listed('--list-hosts', '--limit', 'web2')).to.equal('Spec:\n  host web2  127.0.0.1\n')
    expect(await listed('--list-tasks', '--tags', 'slow')).to.equal('Spec:\n  task Install  [packages, slow]\n')
    expect(await listed('--list-tasks', '--skip-tags', 'slow')).to.equal('Spec:\n  task Greet  [content]\n  task Plain\n')
  })

  it('[fault 13] reads the facts first if the tasks depend on them, lists the tasks of all hosts, and names the hosts for which it could not', async () => {
    const down = await closedPort()
    workspace.write('inventories/facts.yml', `all: { hosts: { one: { ansible_connection: local, ansible_become: false, extra: x }, two: { ansible_connection: local, ansible_become: false }, down: { ansible_host: 127.0.0.1, ansible_port: ${down}, ansible_user: root, ansible_password: listing-password, stead_connect_timeout_seconds: 1 } } }\n`)
    workspace.write('playbooks/facts.ts', playbookSource(`if (host.cores > 0) task('First', file({ path: '/x' }), { tags: ['one'] })\n if (vars.extra) task('Extra', file({ path: '/y' }))\n task('Last', file({ path: '/z' }), { tags: ['two'] })`, { vars: '{ extra: z.string().optional() }' }))
    const list = (...words: string[]) => runStead(['playbooks/facts.ts', '-i', 'facts', ...words], { cwd: workspace.directory })
    const all = await list('--list-tasks')
    expect(all.out).to.match(/^Spec:\n {2}task First {2}\[one\]\n {2}task Extra {2}\(one\)\n {2}task Last {2}\[two\]\n {2}down: its tasks depend on facts of the host, and it could not be asked: .*cannot be reached/)
    expect(all.status).to.equal(4)
    const here = await list('--list-tasks', '--list-tags', '--limit', '!down', '--start-at-task', 'Extra')
    expect([here.status, here.out]).to.deep.equal([0, 'Spec:\n  task Extra  (one)\n  task Last  [two]\n  tag one\n  tag two\n'])
    for (const wrong of [['--tags', 'thre'], ['--start-at-task', 'Lst']]) {
      const { status, out, error } = await list('--limit', '!down', '--check', ...wrong)
      expect([status, out], error).to.deep.equal([64, ''])
      expect(error).to.match(/^(?:Unknown tag: thre\.|No task is called "Lst"\. Did you mean "Last"\?)/)
    }
    expect((await list('--list-hosts')).status).to.equal(0)
  })

  it('prints help and version without anything else', async () => {
    const help = await runStead(['--help'])
    expect([help.status, help.error]).to.deep.equal([0, ''])
    for (const option of ['--check', '--limit', '--tags', '--report', '--list-tasks']) expect(help.out).to.include(option)
    expect(await runStead(['--version'])).to.deep.equal({ status: 0, out: '0.1.0\n', error: '' })
  })
})
