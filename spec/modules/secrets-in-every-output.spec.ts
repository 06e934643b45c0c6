import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { leaks, type Hidden } from '../helpers/leaks.ts'
import type { LabHost } from '../helpers/lab-host.ts'
import { blankHosts } from '../helpers/lab-lifecycle.ts'
import { Stead, type Run } from '../helpers/run-stead.ts'
import { WorkDirectory } from '../helpers/work-directory.ts'

const name = 'spec-plans-secrets'
const random = (): string => randomBytes(15).toString('base64')
const onionKey = (): string => Buffer.concat([Buffer.from('== ed25519v1-secret: type0 ==\0\0\0'), randomBytes(64)]).toString('base64')

/** Everything that a module takes as a secret, and more than one value where a change from one to another is a case of its own. */
const planted = {
  variable: `va'r"$(id) ${random()}`, input: `in\\put ${random()}`, template: `te<m>pl&ate ${random()}`, nested: `ne/sted ${random()}`,
  password: `pa'ss"word ${random()}`, other: `ot%her ${random()}`, file: `fi=le ${random()}`, client: `client:descriptor:x25519:${random()}`,
  key: onionKey(), otherKey: onionKey(), hash: `$6$salt$${randomBytes(200).toString('base64').replace(/[^A-Za-z0-9]/g, '').slice(0, 86)}`,
  // Nobody gives it as a secret; it stands in a file that has become one.
  former: `former ${random()}`,
}

const modules = ['apt', 'block-in-file', 'command', 'file', 'generated-secret', 'onion-service', 'postgres-user', 'template', 'user']
const camel = (module: string): string => module.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
const playbook = (tasks: string): string => `
import { playbook, secret } from '<project>/lib/index.ts'
${modules.map(module => `import { ${camel(module)} } from '<project>/modules/${module}.ts'`).join('\n')}
const value = ${JSON.stringify(planted)}
const ports = { 80: '127.0.0.1:8080' }
const sh = (...script) => ['sh', '-c', script.join('; ')]
export default playbook({ name: 'Secrets', hosts: 'all', tasks({ task, handler }) {
${tasks}
} })
`

describe('[check 8] No secret is in any output, at any verbosity', function () {
  this.timeout(240_000)
  const work = new WorkDirectory('secrets-in-every-output')
  const stead = new Stead(work)
  const inventory = work.inventory('one.ts', { [name]: { groups: ['web'] } })
  work.write('templates/app.conf.eta', 'user = app\npassword = <%= it.password %>\n<% for (const one of it.db.replicas) { %>replica = <%= one.password %>\n<% } %>')
  work.write('templates/throws.eta', '<% if (it.password) throw new Error(`I do not like ${it.password}`) %>')
  const applied = work.write('apply.ts', playbook(`
    const tell = handler('A handler that prints a secret', command({ argv: sh('echo "$VARIABLE"', 'echo "$VARIABLE" >&2'), env: { VARIABLE: secret(value.variable) } }))
    task('Packages', apt({ packages: ['postgresql', 'tor'], recommends: false }))
    task('A command with variables and input', command({ argv: sh('cat >/srv/input', 'printf %s "$VARIABLE" >/srv/variable', 'cat /srv/input /srv/variable', 'cat /srv/input /srv/variable >&2'), creates: '/srv/variable', env: { VARIABLE: secret(value.variable) }, stdin: secret(value.input) }))
    const read = task('A command that reads one', command({ argv: ['cat', '/srv/former'], reads: true }))
    task('A template', template({ path: '/srv/app.conf', source: 'app.conf.eta', vars: { password: secret(value.template), db: { replicas: [{ password: secret(value.nested) }] } } }), { notify: tell })
    task('A file', file({ path: '/srv/file', content: secret(value.file), mode: '0600' }))
    task('A client key of an onion', file({ path: '/var/lib/tor/client.auth_private', content: secret(value.client), mode: '0600' }))
    task('A block of a file', blockInFile({ path: '/srv/block', block: 'password = ' + value.other, create: true }))
    task('A password of a role', postgresUser({ name: 'app', password: secret(value.password), comment: 'not ' + value.other }))
    task('A key of an onion', onionService({ name: 'app', ports, key: secret(value.key) }))
    task('A password of a user', user({ name: 'app', password: secret(value.hash) }))
    task('A secret made there', generatedSecret({ path: '/srv/made' }))
    void [secret(value.other), read]
  `))
  const failing = work.write('fail.ts', playbook(`
    const ignoreErrors = true
    task('A command', command({ argv: sh('echo "$VARIABLE" >&2', 'cat >&2', 'exit 3'), env: { VARIABLE: secret(value.variable) }, stdin: secret(value.input) }), { ignoreErrors })
    task('A command that reads', command({ argv: sh('cat /srv/variable /srv/input /srv/app.conf /srv/file >&2', 'exit 4'), reads: true }), { ignoreErrors })
    task('A guard that prints', command({ argv: sh('echo "$0" >&2; exit 5'), unless: 'cat /srv/variable; cat /srv/file >&2; false', env: { VARIABLE: secret(value.variable) } }), { ignoreErrors })
    task('A template that throws', template({ path: '/srv/x', source: 'throws.eta', vars: { password: secret(value.template) } }), { ignoreErrors })
    task('A validator', template({ path: '/srv/x', source: 'app.conf.eta', vars: { password: secret(value.template), db: { replicas: [{ password: secret(value.nested) }] } }, validate: ['sh', '-c', 'base64 -w0 "$1"; od -An -c "$1" | head -n 0; cat "$1"; exit 1', 'sh', '%s'] }), { ignoreErrors })
    task('Another key', onionService({ name: 'app', ports, key: secret(value.otherKey) }), { ignoreErrors })
    task('A role that PostgreSQL refuses', postgresUser({ name: 'app', password: secret(value.password), config: { work_mem: 'a lot' } }), { ignoreErrors })
    task('A password that is no hash', () => user({ name: 'app', password: secret(value.other) }), { ignoreErrors })
    task('Code of the playbook', () => { throw new Error('It is ' + value.password + ', is it not?') }, { ignoreErrors })
    void [secret(value.client), secret(value.file), secret(value.nested), secret(value.password), secret(value.hash), secret(value.key)]
  `))
  let host: LabHost
  const runs: { title: string; run: Run }[] = []

  /** Runs the command and keeps what it wrote. */
  async function run(title: string, playbook: string, ...options: string[]): Promise<Run> {
    const done = await stead.run(playbook, inventory, '--diff', ...options)
    runs.push({ title, run: done })
    return done
  }
  const errorsOf = (done: Run) => done.host(name).tasks.flatMap(({ name: task, error }) => (error === undefined ? [] : [task]))

  before(async function () {
    this.timeout(600_000)
    host = (await blankHosts(name))[name]
    await host.run('umask 077; cat >/srv/former', planted.former)
    await host.run('{ echo user = app; echo "password = $(cat /srv/former)"; } >/srv/app.conf; cp /srv/former /srv/file')
  })
  after(() => work.remove())

  it('of a check on a host without them, of the run, of a check after it, and of one after drift', async function () {
    this.timeout(400_000)
    expect((await run('check of a blank host', applied, '--check', '-vv')).status).to.equal(2)
    const first = await run('run', applied, '-vv')
    expect([errorsOf(first), first.status], first.told).to.deep.equal([[], 0])
    expect(first.handlers(name)).to.deep.equal(['A handler that prints a secret'])
    const again = await run('check after it', applied, '--check', '-v')
    expect([again.notOk(name), again.status], again.told).to.deep.equal([[], 0])
    await host.run(`cd /srv; for f in app.conf file block; do { echo drift; cat $f; } >$f.new; cat $f.new >$f; rm $f.new; done; rm variable
runuser -u postgres -- psql -qc "alter role app password 'another'"; usermod -p '*' app; chmod 644 made`)
    for (const options of [['--check', '-vvv'], ['-vvv'], ['-v']]) await run(`after drift, ${options.join(' ')}`, applied, ...options)
    expect(runs.map(({ run: { status } }) => status)).to.deep.equal([2, 0, 0, 2, 0, 0])
  })

  it('of tasks that fail in every way, checked and run', async () => {
    const failed = await run('failing run', failing, '-vv')
    // All of these are to be ignored.
    expect(failed.status).to.equal(0)
    expect(errorsOf(failed), failed.told).to.deep.equal([
      'A command', 'A command that reads', 'A guard that prints', 'A template that throws', 'A validator', 'Another key', 'A role that PostgreSQL refuses', 'A password that is no hash', 'Code of the playbook',
    ])
    expect(failed.stdout).to.include('I do not like <').and.include('It is <secret>, is it not?').and.include('password = <secret>')
    await run('failing check', failing, '--check', '-vv')
  })

  it('as the values reached the host all the same, none of them stands in any of the outputs', async () => {
    expect(await host.run('cat /srv/variable; echo; cat /srv/input; echo; cat /srv/file; echo; tail -n 1 /srv/app.conf')).to.equal([planted.variable, planted.input, planted.file, `replica = ${planted.nested}`].join('\n'))
    expect(await host.run('base64 -w0 /var/lib/tor/app/hs_ed25519_secret_key')).to.equal(planted.key)
    const made = (await host.run('cat /srv/made')).trim()
    // It never leaves the host by stead's own doing, so that stead does not know it either: a command that prints it is not redacted.
    expect(made).to.match(/^[0-9a-f]{64}$/)
    const verifier = (await host.run('runuser -u postgres -- psql -XAtqc "select rolpassword from pg_authid where rolname = \'app\'"')).trim()
    expect(verifier).to.match(/^SCRAM-SHA-256\$/)
    const values: Hidden[] = [...Object.entries({ ...planted, made, verifier: verifier.slice('SCRAM-SHA-256$4096:'.length) }), ...Object.entries(planted).map(([what, text]) => [`the random part of ${what}`, text.slice(-20)] as const)]
      .map(([what, text]) => ({ name: what, bytes: Buffer.from(text) }))
    const keys = (['key', 'otherKey'] as const).map(what => ({ name: `bytes of ${what}`, bytes: Buffer.from(planted[what], 'base64').subarray(32) }))
    const places = Object.fromEntries(runs.flatMap(({ title, run: { stdout, stderr, reports } }) => [['standard output', stdout], ['standard error', stderr], ...reports.map((report, index) => [`report ${index + 1}`, report])].map(([where, text]) => [`${where} of ${title}`, text ?? ''])))
    expect(Object.keys(places)).to.have.length(8 * 5)
    expect(leaks([...values, ...keys], places)).to.deep.equal([])
  })
})
