import { expect } from 'chai'
import fc from 'fast-check'
import { nginxString } from '../../lib/index.ts'
import { apt } from '../../modules/apt.ts'
import { nginxSite } from '../../modules/nginx-site.ts'
import { fourRounds } from '../helpers/rounds-of-task.ts'
import { LabHostUnderTest } from '../helpers/host-under-test.ts'

const proof = 'find /etc/nginx -printf "%p %i %T@ %C@ %l\\n" | sort'
const good = 'server { listen 127.0.0.1:8099; return 204; }\n'

describe('nginx-site', function () {
  this.timeout(120_000)
  let host: LabHostUnderTest
  before(async () => {
    host = await LabHostUnderTest.up('spec-units')
    const { tasks: [task] } = await host.run(({ task: add }) => void add('nginx', apt({ packages: ['nginx-light', 'curl'] })))
    expect(task?.error).to.equal(undefined)
    await host.shell('rm -f /etc/nginx/sites-*/hello.conf /etc/nginx/sites-*/other.conf /etc/nginx/sites-*/quote.conf; systemctl restart nginx')
  })
  after(() => host.close())
  const apply = async (args: Parameters<typeof nginxSite>[0], check = false) => {
    const { tasks: [task], error } = await host.run(({ task: add }) => void add('site', nginxSite(args)), { check })
    if (!task) throw new Error(error)
    return task
  }

  it('writes and enables a site, keeps it, puts a removed link back', () => fourRounds({
    host, name: 'site', task: () => nginxSite({ name: 'hello', content: good }), drift: 'rm /etc/nginx/sites-enabled/hello.conf; echo "# by hand" >>/etc/nginx/sites-available/hello.conf', proof, drifted: ['nginx-site[hello]'],
  }))
  it('leaves nothing behind of a site that nginx -t does not accept, and shows its words', async () => {
    const before = await host.shell(proof.replace(' %C@', '').replace('-printf', '-not -type d -printf'))
    const changed = await apply({ name: 'hello', content: 'server { lissten 127.0.0.1:8099; }\n' })
    expect(changed.error).to.contain('unknown directive "lissten"').and.contain('what was there is back')
    expect((await apply({ name: 'other', content: 'server { listen nowhere:x; }\n' })).status).to.equal('failed')
    expect((await host.shell(proof.replace(' %C@', '').replace('-printf', '-not -type d -printf'))).replace(/ \d+ /g, ' ')).to.equal(before.replace(/ \d+ /g, ' '))
    expect((await apply({ name: 'hello', content: good })).status).to.equal('ok')
    expect((await host.tryShell('nginx -t')).exitCode).to.equal(0)
  })
  it('takes the place of Debian\'s default site in one step, although both together would not pass', async () => {
    await host.shell("echo 'server { listen 127.0.0.1:8097 default_server; }' >/etc/nginx/sites-available/spec-default; ln -sf ../sites-available/spec-default /etc/nginx/sites-enabled/default")
    const args = { name: 'other', content: 'server { listen 127.0.0.1:8097 default_server; }\n', removeDefault: true }
    expect((await apply({ ...args, removeDefault: false })).error).to.contain('duplicate default server')
    expect((await apply(args)).status).to.equal('change')
    expect((await apply(args)).status).to.equal('ok')
    await host.shell('rm /etc/nginx/sites-*/other.conf; ln -sf ../sites-available/default /etc/nginx/sites-enabled/default')
  })
  it('disables a site and keeps its file, then removes it; both are ok the second time', async () => {
    expect((await apply({ name: 'hello', state: 'disabled' })).changes[0]?.diff).to.equal('enabledAs: ../sites-available/hello.conf → (none)')
    expect((await apply({ name: 'hello', state: 'disabled' })).status).to.equal('ok')
    expect(await host.shell('cat /etc/nginx/sites-available/hello.conf')).to.equal(good)
    expect((await apply({ name: 'hello', state: 'absent' })).status).to.equal('change')
    expect((await apply({ name: 'hello', state: 'absent' })).status).to.equal('ok')
  })
  it('removes a broken site although another is broken too, so that both can be repaired', async () => {
    await host.shell('for s in hello other; do echo "broken" >/etc/nginx/sites-available/$s.conf; ln -s ../sites-available/$s.conf /etc/nginx/sites-enabled/; done')
    expect((await apply({ name: 'hello', state: 'absent' })).error).to.equal(undefined)
    expect((await apply({ name: 'other', content: good })).status).to.equal('change')
    expect((await apply({ name: 'other', state: 'absent' })).status).to.equal('change')
  })
  it('nginxString brings any text through nginx as it is', async () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab "\'\\;{}#\t\n\r%&|~*?é☃nrt'), maxLength: 12 })
    await fc.assert(fc.asyncProperty(fc.array(text, { minLength: 20, maxLength: 40 }), async texts => {
      const places = texts.map((one, index) => `location = /${index} { return 200 ${nginxString(one)}; }`)
      expect((await apply({ name: 'quote', content: `server { listen 127.0.0.1:8098; default_type text/plain; ${places.join('\n')} }\n` })).error).to.equal(undefined)
      const found = await host.shell(`nginx -s reload; sleep 0.4; i=0; while [ $i -lt ${texts.length} ]; do curl -s http://127.0.0.1:8098/$i | base64 -w0; echo; i=$((i+1)); done`)
      expect(found.split('\n').slice(0, -1).map(line => Buffer.from(line, 'base64').toString())).to.deep.equal(texts)
    }), { numRuns: 3 })
    expect(() => nginxString('$x')).to.throw(RangeError, 'variable')
    expect(nginxString('$x', { variables: true })).to.equal('"$x"')
    await apply({ name: 'quote', state: 'absent' })
  })
})
