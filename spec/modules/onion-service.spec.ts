import { expect } from 'chai'
import { secret, type Play } from '../../lib/index.ts'
import { apt } from '../../modules/apt.ts'
import { file } from '../../modules/file.ts'
import { onionService } from '../../modules/onion-service.ts'
import { systemd } from '../../modules/systemd.ts'
import { torrc } from '../../modules/torrc.ts'
import { goThroughFourRounds } from '../helpers/four-rounds.ts'
import { diffs, labHost, type SpecHost } from '../helpers/module-host.ts'
import { findLabHost } from '../helpers/lab-host.ts'
import { refusal, runTask, statusesOf } from '../helpers/one-task.ts'
import { unitHostName } from '../helpers/unit-host.ts'

const alice = 'C'.repeat(51) + 'Q'
const bob = 'B'.repeat(51) + 'A'
const proof = 'find /etc/tor /var/lib/tor/shop /var/lib/tor/forum -type f -printf "%p %i %T@ %C@\\n" 2>/dev/null | sort; systemctl show -p InvocationID tor@default'
const reloads = 'journalctl --sync; journalctl -u tor@default -o cat -b | grep -c "^Reloaded" || :'

describe('onion-service', function () {
  this.timeout(240_000)
  let host: SpecHost
  const clean = "rm -rf /var/lib/tor/shop /var/lib/tor/forum /var/lib/tor/copy /var/lib/tor/mine; sed -i '/# BEGIN stead/,/# END stead/d' /etc/tor/torrc; systemctl restart tor@default"
  before(async () => {
    host = await labHost(unitHostName)
    expect((await runTask(host, apt({ packages: ['tor'] }))).error).to.equal(undefined)
    await host.sh(clean)
  })
  after(async () => {
    await host.sh(clean)
  })
  const apply = (args: Parameters<typeof onionService>[0], check = false) => runTask(host, onionService(args), { check })
  const shop = { name: 'shop', ports: { 80: '127.0.0.1:8080' }, clients: { alice, bob } }
  const hostname = async (name: string) => (await host.sh(`cat /var/lib/tor/${name}/hostname`)).trim()

  it('makes a service with clients, keeps it, repairs a client by hand and a lost stanza', () => goThroughFourRounds(host, {
    task: () => onionService(shop), proof,
    drift: 'chmod 644 /var/lib/tor/shop/authorized_clients/alice.auth; echo descriptor:x25519:X >/var/lib/tor/shop/authorized_clients/eve.auth', drifted: ['onion-clients[/var/lib/tor/shop]', 'onion-directory[/var/lib/tor/shop]'],
  }))
  it('repairs a directory of clients that tor does not start with, since it is somebody else\'s, and closes one that others may enter', async () => {
    await goThroughFourRounds(host, {
      prepare: 'rm -rf /var/lib/tor/shop', task: () => onionService(shop), proof, holds: 'stat -c "%U %a" /var/lib/tor/shop/authorized_clients | sed "s/ 2/ /"',
      drift: 'chown root:root /var/lib/tor/shop/authorized_clients; chmod 0755 /var/lib/tor/shop/authorized_clients',
      drifted: ['onion-directory[/var/lib/tor/shop]'], repaired: ['entries.authorized_clients: root 2755 → debian-tor 2700'],
    })
    await host.sh('systemctl restart tor@default; systemctl is-active tor@default')
  })
  it('[fault 20] all of a service that was restored as root belongs to tor again before tor is reloaded, so that the reload does not end it', async () => {
    const reload = (play: Play) => void play.task('service', onionService(shop), { notify: play.handler('reload', systemd({ unit: 'tor@default', state: 'reloaded' })) })
    const before = await hostname('shop')
    await host.sh('chown -R root:root /var/lib/tor/shop; chmod -R go+rX /var/lib/tor/shop')
    const foretold = await host.check(reload)
    for (const part of ['.: root 2755 → debian-tor 2700', 'hostname: root 0644 → debian-tor 0600', 'authorized_clients/alice.auth: root 0644', 'hs_ed25519_public_key: root', 'hs_ed25519_secret_key: root']) expect(diffs(foretold)).to.contain(`entries.${part}`)
    const pid = await host.sh('systemctl show -p MainPID tor@default')
    expect(diffs(await host.apply(reload))).to.equal(diffs(foretold))
    expect(await host.sh('systemctl show -p MainPID tor@default')).to.equal(pid)
    expect(await host.sh('find /var/lib/tor/shop ! -user debian-tor -o -perm /077')).to.equal('')
    expect(await hostname('shop')).to.equal(before)
    expect((await host.check(reload)).status).to.equal('ok')
  })
  it('[fault 40] only takes over or removes a directory that contains a key, in check mode as in a run', async () => {
    const foreign = ['/srv/spec-onion/data', '/srv/spec-onion/empty', '/srv/spec-onion/link']
    await host.sh('mkdir -p /srv/spec-onion/data /srv/spec-onion/empty; ln -sfn /srv/spec-onion/data /srv/spec-onion/link; echo precious >/srv/spec-onion/data/hostname; echo precious >/srv/spec-onion/data/mine')
    const proof = "find /srv/spec-onion -printf '%p %i %m %u %C@\\n' | sort; md5sum /etc/tor/torrc"
    const before = await host.sh(proof)
    for (const directory of foreign) {
      expect(await refusal(host, () => onionService({ name: 'web', ports: { 80: '127.0.0.1:8080' }, directory })), directory).to.contain(directory)
      expect(await refusal(host, () => onionService({ name: 'web', state: 'absent', removeKeys: true, directory })), directory).to.match(/is not the directory of an onion service|no error: ok/)
    }
    expect(await host.sh(proof)).to.equal(before)
    await host.sh('cp -p /var/lib/tor/shop/hs_ed25519_secret_key /srv/spec-onion/data')
    expect(await refusal(host, () => onionService({ name: 'web', state: 'absent', removeKeys: true, directory: '/srv/spec-onion/data' }))).to.contain('contains more than the keys of an onion service: mine')
    await host.sh('rm /srv/spec-onion/data/mine')
    const gone = onionService({ name: 'web', state: 'absent', removeKeys: true, directory: '/srv/spec-onion/data' })
    expect((await runTask(host, gone, { check: true })).changes[0]?.diff).to.equal('present → absent\nholds: hostname, hs_ed25519_secret_key → (none)')
    expect(await statusesOf(host, gone, gone)).to.deep.equal(['change', 'ok'])
    expect(await host.sh('ls /srv/spec-onion; rm -r /srv/spec-onion')).to.equal('empty\nlink\n')
  })
  it('an address and clients that tor\'s user made up are not taken for such', async () => {
    const was = await host.sh('cd /var/lib/tor/shop; cat hostname; printf "x; include /etc/shadow\nsecond\n" >hostname; ln -s /etc/shadow authorized_clients/eve.auth')
    expect(await refusal(host, () => onionService(shop))).to.contain('does not contain an onion address: "x; include /etc/shadow"')
    await host.sh('echo "$(cat)" >/var/lib/tor/shop/hostname', Buffer.from(was))
    expect((await apply(shop)).changes[0]?.diff).to.contain('eve (no key)').and.not.contain('root:')
  })
  it('restores a removed address from the same key', async () => {
    const before = await hostname('shop')
    await host.sh('rm /var/lib/tor/shop/hostname')
    expect((await apply(shop)).changes.map(({ resource }) => resource)).to.deep.equal(['onion-address[/var/lib/tor/shop]'])
    expect(await hostname('shop')).to.equal(before)
    expect((await apply(shop)).status).to.equal('ok')
  })
  it('closes a directory of keys that others may enter, and a key that they may read', () => goThroughFourRounds(host, {
    prepare: 'rm -rf /var/lib/tor/shop', task: () => onionService(shop), proof,
    drift: 'chmod 755 /var/lib/tor/shop; chmod 644 /var/lib/tor/shop/hs_ed25519_secret_key', drifted: ['onion-directory[/var/lib/tor/shop]'],
  }))
  it('writes clients as tor wants them, and takes one away with exactly one reload', async () => {
    expect(await host.sh('cd /var/lib/tor/shop/authorized_clients; stat -c "%n %U %a" *; cat alice.auth')).to.equal(`alice.auth debian-tor 600\nbob.auth debian-tor 600\ndescriptor:x25519:${alice}\n`)
    const before = Number(await host.sh(reloads))
    const task = await apply({ ...shop, clients: { alice } })
    expect(task.changes[0]?.diff).to.equal(`clients: alice ${alice}, bob ${bob} → alice ${alice}`)
    expect(await host.sh('ls /var/lib/tor/shop/authorized_clients')).to.equal('alice.auth\n')
    expect(Number(await host.sh(reloads)) - before).to.equal(1)
    for (const wrong of ['descriptor:x25519:abc', 'A'.repeat(52), 'B'.repeat(52)]) expect(onionService({ ...shop, clients: { alice: wrong } }).issues[0]?.message).to.contain('x25519 public key in base32')
  })
  it('gives each of several services its address', async () => {
    const names: string[] = []
    const { tasks } = await host.run(({ task }) => {
      const one = task('one', onionService(shop))
      const two = task('two', onionService({ name: 'forum', ports: { 80: '127.0.0.1:8081', 443: 'unix:/run/forum.sock' } }))
      task('use', async () => {
        names.push((await one).hostname, (await two).hostname)
        return torrc({ name: 'ways', state: 'absent' })
      })
    })
    expect(tasks.map(({ error }) => error)).to.deep.equal([undefined, undefined, undefined])
    expect(names.slice(-2)).to.deep.equal([await hostname('shop'), await hostname('forum')])
  })
  it('takes over an existing key: the same address at another place, and never shown', async () => {
    const base64 = await host.sh('base64 -w0 /var/lib/tor/forum/hs_ed25519_secret_key')
    const forum = await hostname('forum')
    await apply({ name: 'forum', state: 'absent', removeKeys: true })
    await host.sh('systemctl reload tor@default')
    const copy = { name: 'copy', ports: { 80: '127.0.0.1:8081' }, key: secret(base64) }
    const task = await apply(copy)
    expect(task.error, task.error).to.equal(undefined)
    expect(await hostname('copy')).to.equal(forum)
    expect(JSON.stringify(task)).to.contain('key: <secret> (differs)').and.not.contain(base64.slice(50, 90))
    expect((await apply(copy)).status).to.equal('ok')
    expect(onionService({ ...copy, key: secret('AAAA') }).issues[0]?.message).to.contain('hs_ed25519_secret_key')
  })
  it('keeps a given key, replaces another one with it, and others can never read it', async () => {
    const base64 = await host.sh('base64 -w0 /var/lib/tor/copy/hs_ed25519_secret_key')
    await host.sh('systemctl restart tor@default; install -d -o debian-tor -g debian-tor -m 755 /var/lib/tor/mine; : >/var/lib/tor/mine/.stead.left-off')
    const watch = (await findLabHost(unitHostName)).watch('find /var/lib/tor/mine -name "hs_ed25519_secret_key*" -printf "%m %u\\n" 2>/dev/null || :', 0)
    await goThroughFourRounds(host, {
      task: () => onionService({ name: 'mine', ports: { 80: '127.0.0.1:8082' }, key: secret(base64), replaceKey: true }), proof: proof.replace('/var/lib/tor/forum', '/var/lib/tor/mine'),
      drift: 'dd if=/dev/urandom of=/var/lib/tor/mine/hs_ed25519_secret_key bs=1 seek=32 count=64 conv=notrunc status=none', drifted: ['onion-key[/var/lib/tor/mine]'],
    })
    const seen = await watch.stop()
    expect(seen).to.include('600 debian-tor')
    expect(seen.filter(line => !/^600 (root|debian-tor)$/.test(line))).to.deep.equal([])
    expect(await host.sh('stat -c %a /var/lib/tor/mine; ls -A /var/lib/tor/mine | grep -e "hs_ed25519_secret_key." -e stead || :')).to.match(/^2?700\n$/)
    await apply({ name: 'mine', state: 'absent', removeKeys: true })
  })
  it('does not replace another key unless allowed; then the address is that of the new key', async () => {
    const base64 = await host.sh('base64 -w0 /var/lib/tor/copy/hs_ed25519_secret_key')
    const address = await hostname('copy')
    await apply({ name: 'copy', state: 'absent', removeKeys: true })
    await host.sh('systemctl reload tor@default')
    expect(await refusal(host, () => onionService({ ...shop, clients: undefined, key: secret(base64) }))).to.contain('/var/lib/tor/shop contains a different key')
    // A check does not take the old address for the one to come: what is made of it is not said to be fine.
    const before = await hostname('shop')
    const work = ({ task }: Play) => {
      const service = task('service', onionService({ ...shop, clients: undefined, key: secret(base64), replaceKey: true }))
      task('address', async () => file({ path: '/root/address', content: (await service).hostname }))
    }
    await host.sh(`printf %s ${before} >/root/address`)
    expect((await host.check(work)).tasks.map(({ status }) => status)).to.deep.equal(['change', 'may-change'])
    expect((await host.run(work)).tasks.map(({ status }) => status)).to.deep.equal(['change', 'change'])
    expect((await host.check(work)).tasks.map(({ status }) => status)).to.deep.equal(['ok', 'ok'])
    expect(await hostname('shop')).to.equal(address).and.not.equal(before)
    expect(await host.sh('cat /root/address; rm /root/address')).to.equal(address)
  })
  it('removes a service and keeps its keys, or removes them on request', async () => {
    const out = onionService({ name: 'shop', state: 'absent' })
    expect(await statusesOf(host, out, out)).to.deep.equal(['change', 'ok'])
    expect(await host.sh('ls /var/lib/tor/shop/hs_ed25519_secret_key')).to.contain('secret')
    const gone = onionService({ name: 'shop', state: 'absent', removeKeys: true })
    expect(await statusesOf(host, gone, gone)).to.deep.equal(['change', 'ok'])
  })
})
