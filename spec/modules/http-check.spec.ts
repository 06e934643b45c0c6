import { expect } from 'chai'
import { jsonProblem } from '../../lib/resources/commands/http-answer.ts'
import { apt } from '../../modules/apt.ts'
import { httpCheck } from '../../modules/http-check.ts'
import { nginxSite } from '../../modules/nginx-site.ts'
import { systemd } from '../../modules/systemd.ts'
import { labHost, type SpecHost } from '../helpers/module-host.ts'
import { runTask } from '../helpers/one-task.ts'
import { unitHostName } from '../helpers/unit-host.ts'

const url = 'http://127.0.0.1:8077'
const site = `server { listen 127.0.0.1:8077; default_type application/json;
location = /json { return 200 '{"versions":["v1.11"],"a.b":{"on":true},"none":null}'; }
location = /echo { return 200 '$request_method $http_x_spec'; }
location = /made { return 201 'made'; }
location = /away { return 302 /json; }
location = /ready { root /srv/http; try_files /ready =503; } }
`

describe('http-check', function () {
  this.timeout(240_000)
  let host: SpecHost
  before(async () => {
    host = await labHost(unitHostName)
    const { tasks } = await host.run(({ task, handler }) => {
      task('packages', apt({ packages: ['nginx-light', 'curl'], startServices: false }))
      task('site', nginxSite({ name: 'answers', content: site, removeDefault: true }), { notify: handler('reload', systemd({ unit: 'nginx', state: 'reloaded' })) })
    })
    expect(tasks.map(({ error }) => error)).to.deep.equal([undefined, undefined])
    await host.sh('rm -rf /srv/http; mkdir /srv/http')
  })
  after(async () => {
    await host.sh('rm -rf /etc/nginx/sites-*/answers.conf /srv/http; systemctl reload nginx')
  })
  /** As it is now: check mode does not wait. */
  const look = async (args: Parameters<typeof httpCheck>[0]) => (await runTask(host, httpCheck(args), { check: true })).error ?? 'ok'

  it('waits until the answer is right, and says then that nothing changed', async () => {
    await host.sh('(sleep 1.5; echo yes >/srv/http/ready) >/dev/null 2>&1 &')
    const started = Date.now()
    const { status, changes, error } = await runTask(host, httpCheck({ url: `${url}/ready`, contains: 'yes', timeoutSeconds: 10 }))
    expect([status, changes, error]).to.deep.equal(['ok', [], undefined])
    expect(Date.now() - started).to.be.above(1000)
  })
  it('ends in time, and says what was asked for and what was found', async () => {
    const started = Date.now()
    const { status, error } = await runTask(host, httpCheck({ url: `${url}/made`, timeoutSeconds: 1 }))
    expect(status).to.equal('failed')
    expect(error).to.contain('waiting for http://127.0.0.1:8077/made').and.contain('201')
    expect(Date.now() - started).to.be.within(900, 30_000)
  })
  it('checks method, headers, statuses, redirections and text of the answer', async () => {
    expect(await look({ url: `${url}/echo`, method: 'POST', headers: { 'X-Spec': 'it\'s "so"' }, body: '{"a":1}', contains: 'POST it\'s "so"' })).to.equal('ok')
    expect(await look({ url: `${url}/made`, status: [200, 201] })).to.equal('ok')
    expect(await look({ url: `${url}/away`, status: 302 })).to.equal('ok')
    expect(await look({ url: `${url}/away`, followRedirects: true, contains: 'versions' })).to.equal('ok')
    expect(await look({ url: `${url}/json`, method: 'HEAD' })).to.equal('ok')
    expect(await look({ url: `${url}/json`, contains: 'absent text' })).to.contain('without the expected text')
    expect(await look({ url: 'http://127.0.0.1:1/' })).to.match(/connect/i)
  })
  it('looks into a JSON answer', async () => {
    expect(await look({ url: `${url}/json`, json: { path: 'versions[0]', equals: 'v1.11' } })).to.equal('ok')
    expect(await look({ url: `${url}/json`, json: { path: 'versions[0]', equals: 'v2' } })).to.contain('versions[0] is "v1.11"')
    const text = '{"a.b":{"on":true},"none":null,"n":[1,{"x":2}]}'
    expect(jsonProblem(text, { path: '"a.b".on', equals: true })).to.equal(undefined)
    expect(jsonProblem(text, { path: 'none', equals: null })).to.equal(undefined)
    expect(jsonProblem(text, { path: 'n[1].x' })).to.equal(undefined)
    expect(jsonProblem(text, { path: 'n[2]' })).to.equal('the answer has no n[2]')
    expect(jsonProblem('<html>', { path: 'a' })).to.contain('not valid JSON')
    expect(jsonProblem('{}', { path: 'toString' })).to.equal('the answer has no toString')
  })
  it('says that curl does not exist', async () => {
    await host.sh('mv /usr/bin/curl /usr/bin/curl.away')
    try {
      expect(await look({ url: `${url}/json` })).to.contain('curl is not installed on this host')
    } finally {
      await host.sh('mv /usr/bin/curl.away /usr/bin/curl')
    }
  })
})
