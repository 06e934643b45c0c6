import { expect } from 'chai'
import type { TaskOptions } from '../../lib/index.ts'
import { jsonProblem } from '../../lib/resources/http-answer.ts'
import { apt } from '../../modules/apt.ts'
import { generatedSecret } from '../../modules/generated-secret.ts'
import { httpCheck } from '../../modules/http-check.ts'
import { nginxSite } from '../../modules/nginx-site.ts'
import { waitFor } from '../../modules/wait-for.ts'
import { fourRounds } from '../helpers/rounds-of-task.ts'
import { LabHostUnderTest } from '../helpers/host-under-test.ts'

describe('wait-for, http-check and generated-secret', function () {
  this.timeout(120_000)
  let host: LabHostUnderTest
  before(async () => {
    host = await LabHostUnderTest.up('spec-units')
    const { tasks } = await host.run(({ task }) => {
      task('packages', apt({ packages: ['nginx-light', 'curl'] }))
      task('site', nginxSite({ name: 'answers', content: `server { listen 127.0.0.1:8077; default_type application/json;
location = /json { return 200 '{"versions":["v1.11"],"a.b":{"on":true},"none":null}'; }
location = /echo { return 200 '$request_method $http_x_spec'; }
location = /made { return 201 'made'; }
location = /away { return 302 /json; } }
` }))
    })
    expect(tasks.map(({ error }) => error)).to.deep.equal([undefined, undefined])
    await host.shell('systemctl restart nginx; rm -rf /srv/wait; mkdir /srv/wait')
  })
  after(async () => {
    await host.shell('rm -f /etc/nginx/sites-*/answers.conf; systemctl reload nginx')
    host.close()
  })
  const run = async (call: ReturnType<typeof waitFor>, options: TaskOptions & { check?: boolean } = {}) => {
    const { tasks: [task], error } = await host.run(({ task: add }) => void add('wait', call, options), { check: options.check ?? false })
    if (!task) throw new Error(error)
    return task
  }
  const wait = (args: Parameters<typeof waitFor>[0]) => run(waitFor({ timeoutSeconds: 1, ...args }))
  const http = (args: Parameters<typeof httpCheck>[0]) => run(httpCheck({ timeoutSeconds: 1, ...args }))

  it('[wait 13] waits for a path, for its end, for a text in it, whatever bytes it holds; and never says that it changed something', async () => {
    await host.shell('(sleep 1; printf "\\000\\377 the text \\000" >/srv/wait/file; sleep 1.5; rm /srv/wait/file) >/dev/null 2>&1 &')
    const { tasks } = await host.run(({ task }) => {
      task('there', waitFor({ path: '/srv/wait/file', timeoutSeconds: 10 }))
      task('text', waitFor({ path: '/srv/wait/file', contains: 'the text', timeoutSeconds: 10 }))
      task('gone', waitFor({ path: '/srv/wait/file', state: 'absent', timeoutSeconds: 10 }))
    })
    expect(tasks.map(({ status, changes, error }) => [status, changes, error])).to.deep.equal([['ok', [], undefined], ['ok', [], undefined], ['ok', [], undefined]])
  })
  it('[wait 13] ends in time with what was waited for, or with the message that was given', async () => {
    const started = Date.now()
    expect((await wait({ host: '127.0.0.1', port: 12121, timeoutSeconds: 2 })).error).to.contain('Timeout when waiting for 127.0.0.1:12121')
    expect(Date.now() - started).to.be.within(1900, 5000)
    expect((await wait({ path: '/srv/wait/never', message: 'The importer is not done' })).error).to.contain('The importer is not done').and.not.contain('Timeout')
  })
  it('waits for a port of this host and of another, listening or not, or without connections', async () => {
    expect((await wait({ port: 22 })).status).to.equal('ok')
    expect((await wait({ port: 12121, state: 'absent' })).status).to.equal('ok')
    expect((await wait({ port: 22, state: 'absent' })).error).to.contain('port 22 to be closed')
    expect((await wait({ host: '127.0.0.1', port: 22 })).status).to.equal('ok')
    expect((await wait({ host: '127.0.0.1', port: 12121, state: 'absent' })).status).to.equal('ok')
    expect((await wait({ port: 8077, state: 'drained' })).status).to.equal('ok')
    expect((await wait({ port: 22, state: 'drained' })).error, 'our own connection').to.contain('to be drained')
  })
  it('refuses what makes no sense, before any connection', () => {
    expect(waitFor({}).issues[0]?.message).to.equal('needs either path or port')
    expect(waitFor({ path: '/a', host: 'b' }).issues[0]?.argument).to.equal('host')
    expect(waitFor({ port: 1, host: 'b', state: 'drained' }).issues[0]?.argument).to.equal('state')
    expect(waitFor({ port: 1, contains: 'b' }).issues[0]?.argument).to.equal('contains')
  })
  it('does not wait in check mode: what is not so is an error on a host that is as it should be', async () => {
    const started = Date.now()
    expect((await run(waitFor({ path: '/srv/wait/never', timeoutSeconds: 30 }), { check: true })).status).to.equal('failed')
    expect(Date.now() - started).to.be.below(5000)
  })

  const url = 'http://127.0.0.1:8077'
  it('http-check holds method, headers, statuses, redirections and text against the answer', async () => {
    expect((await http({ url: `${url}/echo`, method: 'POST', headers: { 'X-Spec': 'it\'s "so"' }, body: '{"a":1}', contains: 'POST it\'s "so"' })).error).to.equal(undefined)
    expect((await http({ url: `${url}/made`, status: [200, 201] })).status).to.equal('ok')
    expect((await http({ url: `${url}/made` })).error).to.contain('201')
    expect((await http({ url: `${url}/away`, status: 302 })).status).to.equal('ok')
    expect((await http({ url: `${url}/away`, followRedirects: true, contains: 'versions' })).status).to.equal('ok')
    expect((await http({ url: `${url}/json`, method: 'HEAD' })).status).to.equal('ok')
    expect((await http({ url: `${url}/json`, contains: 'absent text' })).error).to.contain('without the text asked for')
    expect((await http({ url: 'http://127.0.0.1:1/' })).error).to.match(/connect/i)
  })
  it('http-check looks into a JSON answer', async () => {
    expect((await http({ url: `${url}/json`, json: { path: 'versions[0]', equals: 'v1.11' } })).error).to.equal(undefined)
    expect((await http({ url: `${url}/json`, json: { path: 'versions[0]', equals: 'v2' } })).error).to.contain('versions[0] is "v1.11"')
    const text = '{"a.b":{"on":true},"none":null,"n":[1,{"x":2}]}'
    expect(jsonProblem(text, { path: '"a.b".on', equals: true })).to.equal(undefined)
    expect(jsonProblem(text, { path: 'none', equals: null })).to.equal(undefined)
    expect(jsonProblem(text, { path: 'n[1].x' })).to.equal(undefined)
    expect(jsonProblem(text, { path: 'n[2]' })).to.equal('the answer has no n[2]')
    expect(jsonProblem('<html>', { path: 'a' })).to.contain('no JSON')
    expect(jsonProblem('{}', { path: 'toString' })).to.equal('the answer has no toString')
  })

  it('generated-secret makes a secret once, keeps it, repairs who may read it', () => fourRounds({
    host, name: 'secret', task: () => generatedSecret({ path: '/srv/wait/secret', format: 'alnum', length: 40, group: 'games', mode: '0640' }), drift: 'chmod 644 /srv/wait/secret', proof: 'sha256sum /srv/wait/secret; stat -c "%i %Y %Z" /srv/wait/secret', drifted: ['secret[/srv/wait/secret]'],
  }))
  it('generated-secret has the alphabet and length that were asked for, takes the place of an empty file, and goes', async () => {
    const expected = { hex: /^[0-9a-f]{64}\n$/, base64: /^[A-Za-z0-9+/]{64}\n$/, alnum: /^[A-Za-z0-9]{64}\n$/ }
    for (const format of ['hex', 'base64', 'alnum'] as const) {
      await host.shell('rm -f /srv/wait/one; touch /srv/wait/one')
      expect((await run(generatedSecret({ path: '/srv/wait/one', format }))).status).to.equal('change')
      expect(await host.shell('cat /srv/wait/one')).to.match(expected[format])
    }
    expect((await run(generatedSecret({ path: '/srv/wait/one', state: 'absent' }))).status).to.equal('change')
    expect((await run(generatedSecret({ path: '/srv/wait/one', state: 'absent' }))).status).to.equal('ok')
    expect(generatedSecret({ path: '/a', length: 8 }).issues[0]?.message).to.contain('32 or more')
  })
})
