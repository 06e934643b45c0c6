import { expect } from 'chai'
import fc from 'fast-check'
import { secret, torrcValue } from '../../lib/index.ts'
import { apt } from '../../modules/apt.ts'
import { onionService } from '../../modules/onion-service.ts'
import { torrc } from '../../modules/torrc.ts'
import { fourRounds } from '../helpers/rounds-of-task.ts'
import { LabHostUnderTest } from '../helpers/host-under-test.ts'

const alice = 'C'.repeat(51) + 'Q'
const bob = 'B'.repeat(51) + 'A'
const proof = 'find /etc/tor /var/lib/tor/shop /var/lib/tor/forum -type f -printf "%p %i %T@ %C@\\n" 2>/dev/null | sort; systemctl show -p InvocationID tor@default'
const reloads = 'journalctl --sync; journalctl -u tor@default -o cat -b | grep -c "^Reloaded" || :'

describe('torrc and onion-service', function () {
  this.timeout(120_000)
  let host: LabHostUnderTest
  before(async () => {
    host = await LabHostUnderTest.up('spec-units')
    const { tasks: [task] } = await host.run(({ task: add }) => void add('tor', apt({ packages: ['tor'] })))
    expect(task?.error).to.equal(undefined)
    await host.shell("rm -rf /var/lib/tor/shop /var/lib/tor/forum /var/lib/tor/copy; sed -i '/# BEGIN stead/,/# END stead/d' /etc/tor/torrc; systemctl restart tor@default")
  })
  after(async () => {
    await host.shell("sed -i '/# BEGIN stead/,/# END stead/d' /etc/tor/torrc; systemctl restart tor@default")
    host.close()
  })
  const apply = async (args: Parameters<typeof onionService>[0], check = false) => {
    const { tasks: [task], error } = await host.run(({ task: add }) => void add('onion', onionService(args)), { check })
    if (!task) throw new Error(error)
    return task
  }
  const shop = { name: 'shop', ports: { 80: '127.0.0.1:8080' }, clients: { alice, bob } }
  const hostname = async (name: string) => (await host.shell(`cat /var/lib/tor/${name}/hostname`)).trim()

  it('torrc writes options, several times where a list is given, keeps them, mends them', () => fourRounds({
    host, name: 'torrc', task: () => torrc({ name: 'ways', options: { SocksPort: ['127.0.0.1:9050', '127.0.0.1:9052 IsolateDestAddr'], ClientOnly: true, ContactInfo: ' #1 "me" \\ ' } }),
    drift: "sed -i 's/9052/9053/' /etc/tor/torrc", proof, drifted: ['file[/etc/tor/torrc]'],
  }))
  it('torrc changes nothing when tor does not accept it, and shows tor\'s words', async () => {
    const before = await host.shell('cat /etc/tor/torrc')
    const { tasks: [task] } = await host.run(({ task: add }) => void add('torrc', torrc({ name: 'bad', options: { NoSuchOption: 1 } })))
    expect(task?.error).to.contain('NoSuchOption')
    expect(await host.shell('cat /etc/tor/torrc')).to.equal(before)
  })
  it('torrcValue brings any text to tor as it is', async () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab "\'\\#;%$\té☃xn0'), minLength: 1, maxLength: 10 })
    await fc.assert(fc.asyncProperty(fc.array(text, { minLength: 15, maxLength: 15 }), async texts => {
      const files = Buffer.from(texts.map(one => `${Buffer.from(`ContactInfo ${torrcValue(one)}\n`).toString('base64')}\n`).join('')).toString('base64')
      const found = await host.shell(`echo ${files} | base64 -d | while read -r l; do echo "$l" | base64 -d >/tmp/quote.torrc; tor --quiet -f /tmp/quote.torrc --dump-config short | grep '^ContactInfo' | base64 -w0; echo; done`)
      const lines = found.split('\n').slice(0, -1).map(line => Buffer.from(line, 'base64').toString().replace(/\n$/, '').slice('ContactInfo '.length))
      // What tor writes it can read again: the same text gives the same line, read by its own rules of quoting.
      const unquote = (line: string) => (line.startsWith('"') ? Buffer.from(line.slice(1, -1).replace(/\\(x([0-9a-fA-F]{2})|([0-7]{3})|.)/g, (_, all: string, hex?: string, octal?: string) => (hex ? String.fromCharCode(parseInt(hex, 16)) : octal ? String.fromCharCode(parseInt(octal, 8)) : { n: '\n', t: '\t', r: '\r' }[all] ?? all)), /\\[0-7x]/.test(line) ? 'latin1' : 'utf8').toString() : line)
      expect(lines.map(unquote)).to.deep.equal(texts)
    }), { numRuns: 2 })
    expect(() => torrcValue('\0')).to.throw(RangeError)
  })
  it('makes a service with clients, keeps it, repairs a client by hand and a lost stanza', () => fourRounds({
    host, name: 'onion', task: () => onionService(shop), proof,
    drift: 'chmod 644 /var/lib/tor/shop/authorized_clients/alice.auth; echo descriptor:x25519:X >/var/lib/tor/shop/authorized_clients/eve.auth', drifted: ['onion-clients[/var/lib/tor/shop]'],
  }))
  it('writes clients as tor wants them, and takes one away with exactly one reload', async () => {
    expect(await host.shell('cd /var/lib/tor/shop/authorized_clients; stat -c "%n %U %a" *; cat alice.auth')).to.equal(`alice.auth debian-tor 600\nbob.auth debian-tor 600\ndescriptor:x25519:${alice}\n`)
    const before = Number(await host.shell(reloads))
    const task = await apply({ ...shop, clients: { alice } })
    expect(task.changes[0]?.diff).to.equal(`clients: alice ${alice}, bob ${bob} → alice ${alice}`)
    expect(await host.shell('ls /var/lib/tor/shop/authorized_clients')).to.equal('alice.auth\n')
    expect(Number(await host.shell(reloads)) - before).to.equal(1)
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
    const base64 = await host.shell('base64 -w0 /var/lib/tor/forum/hs_ed25519_secret_key')
    const forum = await hostname('forum')
    await apply({ name: 'forum', state: 'absent', removeKeys: true })
    await host.shell('systemctl reload tor@default')
    const copy = { name: 'copy', ports: { 80: '127.0.0.1:8081' }, key: secret(base64) }
    const task = await apply(copy)
    expect(task.error, task.error).to.equal(undefined)
    expect(await hostname('copy')).to.equal(forum)
    expect(JSON.stringify(task)).to.contain('key: <secret> (differs)').and.not.contain(base64.slice(50, 90))
    expect((await apply(copy)).status).to.equal('ok')
    expect(onionService({ ...copy, key: secret('AAAA') }).issues[0]?.message).to.contain('hs_ed25519_secret_key')
  })
  it('does not take the place of another key unless told so; then the address is the key\'s', async () => {
    const base64 = await host.shell('base64 -w0 /var/lib/tor/copy/hs_ed25519_secret_key')
    const address = await hostname('copy')
    await apply({ name: 'copy', state: 'absent', removeKeys: true })
    await host.shell('systemctl reload tor@default')
    for (const check of [true, false]) expect((await apply({ ...shop, clients: undefined, key: secret(base64) }, check)).error).to.contain('/var/lib/tor/shop holds another key')
    expect((await apply({ ...shop, clients: undefined, key: secret(base64), replaceKey: true })).status).to.equal('change')
    expect(await hostname('shop')).to.equal(address)
  })
  it('takes a service out and keeps its keys, or removes them when told so', async () => {
    expect((await apply({ name: 'shop', state: 'absent' })).status).to.equal('change')
    expect((await apply({ name: 'shop', state: 'absent' })).status).to.equal('ok')
    expect(await host.shell('ls /var/lib/tor/shop/hs_ed25519_secret_key')).to.contain('secret')
    expect((await apply({ name: 'shop', state: 'absent', removeKeys: true })).status).to.equal('change')
    expect((await apply({ name: 'shop', state: 'absent', removeKeys: true })).status).to.equal('ok')
  })
})
