import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import type { LabHost } from '../helpers/lab-host.ts'
import { blankHosts } from '../helpers/lab-lifecycle.ts'
import { leaks } from '../helpers/leaks.ts'
import { Stead } from '../helpers/run-stead.ts'
import { WorkDirectory } from '../helpers/work-directory.ts'

/** Values as they occur: with characters that JSON, a shell, a URL and HTML write differently. */
const value = (name: string): string => `${name}-'"$&</ ${randomBytes(12).toString('base64')}`

describe('Secrets of a playbook', function () {
  this.timeout(180_000)

  const planted = { token: value('token'), password: value('password'), former: value('former') }
  const work = new WorkDirectory('secrets')
  const stead = new Stead(work)
  const inventory = work.inventory('one.ts', { 'spec-carol': { groups: ['web'] } })
  work.write('templates/app.conf.eta', 'user = <%= it.user %>\npassword = <%= it.password %>\n')
  const playbook = work.write('playbook.ts', `
import { playbook, secret } from '<project>/lib/index.ts'
import { command } from '<project>/modules/command.ts'
import { file } from '<project>/modules/file.ts'
import { template } from '<project>/modules/template.ts'

const { token, password } = ${JSON.stringify({ token: planted.token, password: planted.password })}

export default playbook({
  name: 'Secrets', hosts: 'web',
  tasks({ task }) {
    task('A new file', file({ path: '/srv/token', content: secret(token), mode: '0600' }))
    task('A file that held another secret', file({ path: '/srv/password', content: secret(password), mode: '0600' }))
    task('A template that held another secret', template({ path: '/srv/app.conf', source: 'app.conf.eta', vars: { user: 'bob', password: secret(password) }, mode: '0600' }))
    task('A command that prints a secret and fails', command({ argv: ['sh', '-c', 'cat /srv/token >&2; base64 -w0 /srv/token >&2; cat /srv/app.conf >&2; exit 3'] }), { ignoreErrors: true })
    task('A validator that prints a secret and refuses', file({ path: '/srv/refused', content: secret(password), validate: ['sh', '-c', 'echo "not good:"; cat "$1"; exit 1', 'sh', '%s'] }), { ignoreErrors: true })
    task('A mistake that tells a secret', async () => { throw new Error('I will not take ' + token + ' for an answer') }, { ignoreErrors: true })
  },
})
`)
  let host: LabHost
  let processes: string[] = []

  before(async function () {
    this.timeout(600_000)
    host = (await blankHosts('spec-carol'))['spec-carol']
    await host.run('umask 077; cat >/srv/password', planted.former)
    await host.run('umask 077; { echo user = alice; echo "password = $(cat /srv/password)"; } >/srv/app.conf')
  })

  after(() => work.remove())

  it('reach the host exactly as they are', async () => {
    const checked = await stead.run(playbook, inventory, '--check', '-vv')
    expect(checked.status, checked.told).to.equal(2)
    const watch = host.watch('ps axwwe -o args', 0.05)
    const run = await stead.run(playbook, inventory, '-vv')
    processes = await watch.stop()
    expect(run.status, run.told).to.equal(0)
    expect(await host.run('cat /srv/token')).to.equal(planted.token)
    expect(await host.run('cat /srv/password')).to.equal(planted.password)
    expect(await host.run('cat /srv/app.conf')).to.equal(`user = bob\npassword = ${planted.password}`)
    expect(await host.run('ls /srv')).not.to.include('refused')
  })

  it('stand as <secret> in differences and in what a failing task says', () => {
    const [checked, run] = stead.runs
    const diff = (outcome: typeof run, task: string) => outcome?.host('spec-carol').tasks.find(({ name }) => name === task)?.changes[0]?.diff
    for (const outcome of [checked, run]) {
      for (const task of ['A new file', 'A file that held another secret']) expect(diff(outcome, task), task).to.include('content: <secret> (differs)')
      // What stands in a template beside its secrets is shown; of what was there before nobody knows what of it is one.
      const hidden = '-<hidden: it may contain an old secret>'
      expect(diff(outcome, 'A template that held another secret')).to.equal(`--- current\n+++ desired\n@@ -1,2 +1,2 @@\n${hidden}\n${hidden}\n+user = bob\n+password = <secret>`)
    }
    const errors = run?.host('spec-carol').tasks.flatMap(({ name, error }) => (error === undefined ? [] : [[name, error]]))
    expect(errors?.map(([name]) => name)).to.deep.equal(['A command that prints a secret and fails', 'A validator that prints a secret and refuses', 'A mistake that tells a secret'])
    for (const [name, error] of errors ?? []) expect(error, name).to.include('<secret>')
    expect(errors?.[0]?.[1]).to.include('password = <secret>')
    expect(errors?.[1]?.[1]).to.include('not good:')
  })

  it('show nowhere: not in what was printed or reported, not in a process list, not in the journal', async () => {
    expect(processes.length).to.be.above(10)
    const journal = await host.run('journalctl --no-pager -o export --all')
    const outputs = stead.runs.flatMap(({ stdout, stderr, reports }, index): [string, string][] => [
      [`standard output of run ${index + 1}`, stdout], [`standard error of run ${index + 1}`, stderr],
      ...reports.map((report, at): [string, string] => [`report ${at + 1} of run ${index + 1}`, report]),
    ])
    expect(outputs).to.have.length(2 * 5)
    const values = Object.entries(planted).map(([name, text]) => ({ name, bytes: Buffer.from(text) }))
    // Escaped for HTML, the value stands in another form in a page.
    const halves = Object.entries(planted).map(([name, text]) => ({ name: `the random part of ${name}`, bytes: Buffer.from(text.slice(text.indexOf(' ') + 1)) }))
    expect(leaks([...values, ...halves], { ...Object.fromEntries(outputs), 'the process list': processes.join('\n'), 'the journal': journal })).to.deep.equal([])
  })
})
