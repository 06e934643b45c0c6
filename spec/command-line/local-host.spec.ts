import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import { reportSchema } from '../../lib/report/report.ts'
import { closedPort, playbookSource, runStead, Workspace } from './run-stead.ts'

describe('a run without a lab', function () {
  this.timeout(180_000)
  const workspace = new Workspace()
  const at = (name: string): string => path.join(workspace.directory, name)
  const run = (words: readonly string[], env: Record<string, string> = {}) => runStead(words, { cwd: workspace.directory, env })
  const local = 'ansible_connection: local, ansible_become: false'

  before(async () => {
    const down = `ansible_host: 127.0.0.1, ansible_port: ${await closedPort()}, ansible_user: root, ansible_password: local-host-password`
    workspace.write('inventories/both.yml', `all: { hosts: { down: { ${down} }, here: { ${local} } } }\n`)
    workspace.write('inventories/here.yml', `all: { hosts: { here: { ${local} } } }\n`)
    workspace.write('playbooks/make.ts', playbookSource(`task('Make', file({ path: '${at('made')}', content: 'one\\n', mode: '0640' }), { tags: ['make'] })\n task('Again', file({ path: '${at('made again')}', content: '\\x1b[31mred\\n' }))`))
    workspace.write('playbooks/fail.ts', playbookSource(`task('Fail', command({ argv: ['sh', '-c', 'echo out of paper >&2; exit 3'] }))\n task('Never', file({ path: '${at('never')}' }))`))
  })

  after(() => workspace.remove())

  it('ends with 4 where a host is down; the other host goes on and is converged', async () => {
    const { status, out, error } = await run(['playbooks/make.ts', '-i', 'both', '--report', 'r.json'])
    expect(status, error).to.equal(4)
    expect(out).to.match(/down .*UNREACHABLE/).and.match(/cannot be reached/).and.match(/here .*converged: 2 change/)
    expect(out + error).to.not.match(/^ {4,}at /m)
    const { hosts } = reportSchema.parse(JSON.parse(readFileSync(at('r.json'), 'utf8')))
    expect([hosts['down']?.status, hosts['here']?.status]).to.deep.equal(['unreachable', 'change'])
    expect(readFileSync(at('made'), 'utf8')).to.equal('one\n')
  })

  it('ends with 0 when there is nothing to do, after one round trip, checked or not', async () => {
    await run(['playbooks/make.ts', '-i', 'here'])
    for (const check of [[], ['--check']]) {
      const { status, out, error } = await run(['playbooks/make.ts', '-i', 'here', ...check])
      expect([status, error]).to.deep.equal([0, ''])
      expect(out).to.include('2 ok, 1 round trip,')
    }
  })

  it('ends with 2 where a check finds drift, shows it, and leaves it', async () => {
    await run(['playbooks/make.ts', '-i', 'here'])
    workspace.write('made', 'drift\n')
    const { status, out } = await run(['playbooks/make.ts', '-i', 'here', '--check'])
    expect(status).to.equal(2)
    expect(out).to.include('would change  Make').and.include('-<hidden: not everybody may read it>').and.include('+one')
    expect(readFileSync(at('made'), 'utf8')).to.equal('drift\n')
    const plain = await run(['playbooks/make.ts', '-i', 'here', '--check', '--no-diff'])
    expect(plain.out).to.include('would change  Make').and.not.include('drift')
  })

  it('ends with 1 where a task fails, with the host\'s own words, and goes no further', async () => {
    const { status, out } = await run(['playbooks/fail.ts', '-i', 'here'])
    expect(status).to.equal(1)
    expect(out).to.include('FAILED').and.include('out of paper')
    expect(existsSync(at('never'))).to.equal(false)
  })

  it('writes no escape sequence into a pipe, not even one from a file', async () => {
    const environments: Record<string, string>[] = [{}, { NO_COLOR: '1' }, { CI: '' }]
    for (const env of environments) {
      const { out, error } = await run(['playbooks/make.ts', '-i', 'here', '--check', '-vv'], env)
      expect(out + error, JSON.stringify(env)).to.not.include('\u001b')
    }
  })

  it('says that nothing matched where a limit leaves no host', async () => {
    const { status, out } = await run(['playbooks/make.ts', '-i', 'both', '--limit', 'here,!here'])
    expect([status, out]).to.deep.equal([0, 'No host matches; there was nothing to do.\n'])
  })
})
