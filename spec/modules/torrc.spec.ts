import { expect } from 'chai'
import fc from 'fast-check'
import { torrcValue } from '../../lib/resources/tor/quote.ts'
import { apt } from '../../modules/apt.ts'
import { systemd } from '../../modules/systemd.ts'
import { torrc } from '../../modules/torrc.ts'
import { goThroughFourRounds } from '../helpers/four-rounds.ts'
import { labHost, type SpecHost } from '../helpers/module-host.ts'
import { refusal, runTask, statusesOf } from '../helpers/one-task.ts'
import { unitHostName } from '../helpers/unit-host.ts'

const proof = 'find /etc/tor -type f -printf "%p %i %T@ %C@\\n" | sort; systemctl show -p InvocationID tor@default'

describe('torrc', function () {
  this.timeout(240_000)
  let host: SpecHost
  const clean = "rm -f /etc/tor/other.torrc /tmp/quote.torrc; sed -i '/# BEGIN stead/,/# END stead/d' /etc/tor/torrc; systemctl restart tor@default"
  before(async () => {
    host = await labHost(unitHostName)
    expect((await runTask(host, apt({ packages: ['tor'] }))).error).to.equal(undefined)
    await host.sh(clean)
  })
  after(async () => {
    await host.sh(clean)
  })

  it('writes options, several times where a list is given, keeps them, mends them', () => goThroughFourRounds(host, {
    task: () => torrc({ name: 'ways', options: { SocksPort: ['127.0.0.1:9050', '127.0.0.1:9052 IsolateDestAddr'], ClientOnly: true, ContactInfo: ' #1 "me" \\ ' } }),
    drift: "sed -i 's/9052/9053/' /etc/tor/torrc", proof, drifted: ['file[/etc/tor/torrc]'],
  }))
  it('changes nothing when tor does not accept it, and shows tor\'s words', async () => {
    const before = await host.sh('cat /etc/tor/torrc')
    const { tasks: [task] } = await host.run(({ task: add }) => void add('torrc', torrc({ name: 'bad', options: { NoSuchOption: 1 } })))
    expect(task?.error).to.contain('NoSuchOption')
    expect(await host.sh('cat /etc/tor/torrc')).to.equal(before)
  })
  it('torrcValue brings any text to tor as it is', async () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab "\'\\#;%$\té☃xn0'), minLength: 1, maxLength: 10 })
    await fc.assert(fc.asyncProperty(fc.array(text, { minLength: 15, maxLength: 15 }), async texts => {
      const files = Buffer.from(texts.map(one => `${Buffer.from(`ContactInfo ${torrcValue(one)}\n`).toString('base64')}\n`).join('')).toString('base64')
      const found = await host.sh(`echo ${files} | base64 -d | while read -r l; do echo "$l" | base64 -d >/tmp/quote.torrc; tor --quiet -f /tmp/quote.torrc --dump-config short | grep '^ContactInfo' | base64 -w0; echo; done`)
      const lines = found.split('\n').slice(0, -1).map(line => Buffer.from(line, 'base64').toString().replace(/\n$/, '').slice('ContactInfo '.length))
      // What tor writes it can read again: the same text gives the same line, read by its own rules of quoting.
      const unquote = (line: string) => (line.startsWith('"') ? Buffer.from(line.slice(1, -1).replace(/\\(x([0-9a-fA-F]{2})|([0-7]{3})|.)/g, (_, all: string, hex?: string, octal?: string) => (hex ? String.fromCharCode(parseInt(hex, 16)) : octal ? String.fromCharCode(parseInt(octal, 8)) : { n: '\n', t: '\t', r: '\r' }[all] ?? all)), /\\[0-7x]/.test(line) ? 'latin1' : 'utf8').toString() : line)
      expect(lines.map(unquote)).to.deep.equal(texts)
    }), { numRuns: 2 })
    expect(() => torrcValue('\0')).to.throw(RangeError)
  })
  it('several stanzas coexist with each other and with other content; each is removed by itself, and then there is nothing to do', async () => {
    const before = await host.sh('cat /etc/tor/torrc')
    const two = torrc({ name: 'two', options: { SocksPolicy: 'accept 127.0.0.1' } })
    expect(await statusesOf(host, two, two)).to.deep.equal(['change', 'ok'])
    expect(await host.sh('cat /etc/tor/torrc')).to.equal(`${before}# BEGIN stead two\nSocksPolicy accept 127.0.0.1\n# END stead two\n`)
    const gone = torrc({ name: 'two', state: 'absent' })
    expect(await statusesOf(host, gone, gone)).to.deep.equal(['change', 'ok'])
    expect(await host.sh('cat /etc/tor/torrc')).to.equal(before)
  })
  it('a handler that reloads tor brings the options into force, with one reload', async () => {
    const reloads = async () => Number(await host.sh('journalctl -q --sync; journalctl -q -u tor@default -o cat -b | grep -c "^Reloaded" || :'))
    const before = await reloads()
    const { handlers } = await host.run(({ task, handler }) => void task('torrc', torrc({ name: 'ways', options: { SocksPort: ['127.0.0.1:9050', '127.0.0.1:9055'] } }), { notify: handler('reload', systemd({ unit: 'tor@default', state: 'reloaded' })) }))
    expect(handlers.map(({ status, error }) => [status, error])).to.deep.equal([['change', undefined]])
    expect(await host.sh('i=0; until ss -Hltn | grep -q 127.0.0.1:9055 || [ $i = 50 ]; do i=$((i+1)); sleep 0.1; done; ss -Hltn | grep -c 127.0.0.1:9055')).to.equal('1\n')
    expect((await reloads()) - before).to.equal(1)
  })
  it('is refused if the file does not exist, in check mode too', async () => {
    expect(await refusal(host, () => torrc({ name: 'a', options: { ClientOnly: true }, path: '/etc/tor/other.torrc' }))).to.contain('/etc/tor/other.torrc')
  })
})
