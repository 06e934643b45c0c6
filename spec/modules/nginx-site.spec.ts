import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { secret } from '../../lib/index.ts'
import { nginxString } from '../../lib/resources/nginx/quote.ts'
import { apt } from '../../modules/apt.ts'
import { nginxSite } from '../../modules/nginx-site.ts'
import { systemd } from '../../modules/systemd.ts'
import { goThroughFourRounds } from '../helpers/four-rounds.ts'
import { labHost, type SpecHost } from '../helpers/module-host.ts'
import { findLabHost } from '../helpers/lab-host.ts'
import { runTask, statusesOf } from '../helpers/one-task.ts'
import { unitHostName } from '../helpers/unit-host.ts'

const proof = 'find /etc/nginx -printf "%p %i %T@ %C@ %l\\n" | sort'
const good = 'server { listen 127.0.0.1:8099; return 204; }\n'

describe('nginx-site', function () {
  this.timeout(240_000)
  let host: SpecHost
  const clean = 'rm -f /etc/nginx/sites-*/hello.conf /etc/nginx/sites-*/other.conf /etc/nginx/sites-*/quote.conf /etc/nginx/sites-available/spec-default'
  before(async () => {
    host = await labHost(unitHostName)
    // A host without nginx, as at first, whatever other specs did on it.
    await host.sh('! [ -e /usr/sbin/nginx ] || { DEBIAN_FRONTEND=noninteractive apt-get -qy purge nginx-light nginx-common >/dev/null 2>&1; rm -rf /etc/nginx; }')
  })
  after(async () => {
    await host.sh(`${clean}; systemctl reload nginx`)
  })
  const apply = (args: Parameters<typeof nginxSite>[0], check = false) => runTask(host, nginxSite(args), { check })

  it('Debian\'s default site never listens for others, from the package\'s installation on; --check on the blank host says what is then done', async () => {
    const site = 'server { listen 127.0.0.1:8096; return 204; }\n'
    const play = (check: boolean) => host.run(({ task, handler }) => {
      const reload = handler('reload', systemd({ unit: 'nginx', state: 'reloaded' }))
      task('nginx', apt({ packages: ['nginx-light', 'curl'], startServices: false }))
      task('site', nginxSite({ name: 'other', content: site, removeDefault: true }), { notify: reload })
      task('run', systemd({ unit: 'nginx', state: 'started', enabled: true }))
    }, { check })
    const foretold = await play(true)
    expect(foretold.tasks.map(({ status, error }) => [status, error]).slice(0, 2)).to.deep.equal([['change', undefined], ['change', undefined]])
    const watch = (await findLabHost(unitHostName)).watch("ss -Hltn | awk '{ print $4 }'", 0)
    const { tasks, handlers } = await play(false)
    await host.sh('curl -sf http://127.0.0.1:8096/; sleep 0.3')
    const seen = await watch.stop()
    expect([...tasks, ...handlers].map(({ status, error }) => [status, error])).to.deep.equal([1, 2, 3, 4].map(() => ['change', undefined]))
    expect(foretold.tasks[2]?.status, 'the start was foretold').to.be.oneOf(['change', 'may-change'])
    expect(seen).to.include('127.0.0.1:8096')
    expect(seen.filter(address => /:80$/.test(address))).to.deep.equal([])
    expect((await play(false)).tasks.map(({ status }) => status)).to.deep.equal(['ok', 'ok', 'ok'])
    await host.sh(`${clean}; systemctl reload nginx`)
  })
  it('writes and enables a site, keeps it, puts a removed link back', () => goThroughFourRounds(host, {
    task: () => nginxSite({ name: 'hello', content: good }), drift: 'rm /etc/nginx/sites-enabled/hello.conf; echo "# by hand" >>/etc/nginx/sites-available/hello.conf', proof, drifted: ['nginx-site[hello]'],
  }))
  it('leaves nothing behind of a site that nginx -t does not accept, and shows its words', async () => {
    const before = await host.sh(proof.replace(' %C@', '').replace('-printf', '-not -type d -printf'))
    const changed = await apply({ name: 'hello', content: 'server { lissten 127.0.0.1:8099; }\n' })
    expect(changed.error).to.contain('unknown directive "lissten"').and.contain('The old files were restored')
    expect((await apply({ name: 'other', content: 'server { listen nowhere:x; }\n' })).status).to.equal('failed')
    expect((await host.sh(proof.replace(' %C@', '').replace('-printf', '-not -type d -printf'))).replace(/ \d+ /g, ' ')).to.equal(before.replace(/ \d+ /g, ' '))
    expect((await apply({ name: 'hello', content: good })).status).to.equal('ok')
    expect((await host.trySh('nginx -t')).exitCode).to.equal(0)
  })
  it('[fault 42] a site that cannot be written leaves nothing that nginx would read, and what an interrupted run left is removed', async () => {
    await host.sh('mkdir -p /etc/nginx/.stead.left-off/available /etc/nginx/.stead.left-off/enabled; chattr +i /etc/nginx/sites-enabled')
    const before = await host.sh('find /etc/nginx/sites-* | sort')
    try {
      expect((await apply({ name: 'other', content: good.replace('8099', '8097') })).error).to.contain('immutable')
    } finally {
      await host.sh('chattr -i /etc/nginx/sites-enabled')
    }
    expect(await host.sh('find /etc/nginx/sites-* | sort')).to.equal(before)
    expect(await host.sh('find /etc/nginx -name ".stead*"')).to.equal('')
  })
  it('takes the place of Debian\'s default site in one step, although both together would not pass', async () => {
    await host.sh("echo 'server { listen 127.0.0.1:8097 default_server; }' >/etc/nginx/sites-available/spec-default; ln -sf ../sites-available/spec-default /etc/nginx/sites-enabled/default")
    const args = { name: 'other', content: 'server { listen 127.0.0.1:8097 default_server; }\n', removeDefault: true }
    expect((await apply({ ...args, removeDefault: false })).error).to.contain('duplicate default server')
    expect((await apply(args)).status).to.equal('change')
    expect((await apply(args)).status).to.equal('ok')
    await host.sh('rm -f /etc/nginx/sites-*/other.conf /etc/nginx/sites-available/spec-default')
  })
  it('disables a site and keeps its file, then removes it; both are ok the second time', async () => {
    expect((await apply({ name: 'hello', state: 'disabled' })).changes[0]?.diff).to.equal('enabledAs: ../sites-available/hello.conf → (none)')
    expect((await apply({ name: 'hello', state: 'disabled' })).status).to.equal('ok')
    expect(await host.sh('cat /etc/nginx/sites-available/hello.conf')).to.equal(good)
    const gone = nginxSite({ name: 'hello', state: 'absent' })
    expect(await statusesOf(host, gone, gone)).to.deep.equal(['change', 'ok'])
  })
  it('disables what does not exist by doing nothing, and removes Debian\'s default site all the same', async () => {
    expect(await statusesOf(host, nginxSite({ name: 'never', state: 'disabled' }))).to.deep.equal(['ok'])
    await host.sh('ln -sf ../sites-available/default /etc/nginx/sites-enabled/default')
    const other = nginxSite({ name: 'never', state: 'disabled', removeDefault: true })
    expect(await statusesOf(host, other, other)).to.deep.equal(['change', 'ok'])
    expect(await host.sh('ls /etc/nginx/sites-enabled')).not.to.contain('default')
  })
  it('removes a broken site although another is broken too, so that both can be repaired', async () => {
    await host.sh('for s in hello other; do echo "broken" >/etc/nginx/sites-available/$s.conf; ln -s ../sites-available/$s.conf /etc/nginx/sites-enabled/; done')
    expect((await apply({ name: 'hello', state: 'absent' })).error).to.equal(undefined)
    expect(await statusesOf(host, nginxSite({ name: 'other', content: good }), nginxSite({ name: 'other', state: 'absent' }))).to.deep.equal(['change', 'change'])
  })
  it('a site with a secret can only be read by root, and is never shown', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'stead-nginx-'))
    try {
      const source = path.join(directory, 'site.eta')
      writeFileSync(source, "server { listen 127.0.0.1:8099; add_header X-Key '<%= it.key %>'; return 204; }\n")
      const site = { name: 'hello', source, vars: { key: secret('a key for nobody') } }
      const task = await apply(site)
      expect(task.error, task.error).to.equal(undefined)
      expect(JSON.stringify(task)).not.to.contain('a key for nobody')
      expect(await host.sh('stat -c "%U %a" /etc/nginx/sites-available/hello.conf; grep -c "a key for nobody" /etc/nginx/sites-available/hello.conf')).to.equal('root 600\n1\n')
      expect(await statusesOf(host, nginxSite(site), nginxSite({ name: 'hello', state: 'absent' }))).to.deep.equal(['ok', 'change'])
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
  it('nginxString brings any text through nginx as it is', async () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab "\'\\;{}#\t\n\r%&|~*?é☃nrt'), maxLength: 12 })
    await fc.assert(fc.asyncProperty(fc.array(text, { minLength: 20, maxLength: 40 }), async texts => {
      const places = texts.map((one, index) => `location = /${index} { return 200 ${nginxString(one)}; }`)
      expect((await apply({ name: 'quote', content: `server { listen 127.0.0.1:8098; default_type text/plain; ${places.join('\n')} }\n` })).error).to.equal(undefined)
      const found = await host.sh(`nginx -s reload; sleep 0.4; i=0; while [ $i -lt ${texts.length} ]; do curl -s http://127.0.0.1:8098/$i | base64 -w0; echo; i=$((i+1)); done`)
      expect(found.split('\n').slice(0, -1).map(line => Buffer.from(line, 'base64').toString())).to.deep.equal(texts)
    }), { numRuns: 3 })
    expect(() => nginxString('$x')).to.throw(RangeError, 'variable')
    expect(nginxString('$x', { variables: true })).to.equal('"$x"')
    await apply({ name: 'quote', state: 'absent' })
  })

  it('[fault 72] a run that was killed before nginx checked the change leaves nothing: the next one restores the old files, and converges', async () => {
    await apply({ name: 'hello', content: good })
    const wrapper = '/usr/local/sbin/nginx'
    await host.sh(`printf '#!/bin/sh\\nkill -KILL $PPID\\n' >${wrapper}; chmod 755 ${wrapper}`)
    try {
      expect((await apply({ name: 'hello', content: `${good}# another\n` })).status).to.equal('failed')
    } finally {
      await host.sh(`rm ${wrapper}`)
    }
    expect(await host.sh('ls -d /etc/nginx/.stead*; grep -c another /etc/nginx/sites-available/hello.conf')).to.match(/^\/etc\/nginx\/\.stead\.nginx-\w+\n1\n$/)
    const report = await host.run(nginxSite({ name: 'hello', content: good }))
    expect(report.tasks.map(({ name, status }) => `${name}: ${status}`)).to.deep.equal(['Clean up after an interrupted run: change', '1 nginx-site: ok'])
    expect(await host.sh('find /etc/nginx -name "*.stead*" -o -name "hello.conf?*"; ls -A /var/lib/stead/temporary; nginx -t -q && cat /etc/nginx/sites-enabled/hello.conf')).to.equal(good)
  })
})
