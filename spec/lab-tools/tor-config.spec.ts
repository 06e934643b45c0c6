import { expect } from 'chai'
import { labPlace } from '../../lab/place.ts'
import { firewallRules } from '../../lab/network.ts'
import { files, torDefaultsFile, torDropIn } from '../../lab/recipe.ts'
import { nodes, torrc } from '../../lab/tor-config.ts'
import { parseClientState } from '../../lab/tor-control.ts'
import { torDefaults } from '../../lab/tor-defaults.ts'

const authorities = nodes.filter(({ role }) => role === 'authority').map(({ name }) => ({ nickname: name, v3ident: 'A'.repeat(40), fingerprint: 'B'.repeat(40) }))
const text = (name: string): string => {
  const node = nodes.find((each) => each.name === name)
  if (!node) throw new Error(`no node ${name}`)
  return torrc({ node, dir: '/lab/tor', address: '10.78.0.1', user: 'debian-tor', socksPort: 19150, authorities })
}

describe('lab: the private Tor network', () => {
  it('has every node join its own three authorities and no others', () => {
    for (const { name } of nodes) {
      expect(text(name), name).to.include('TestingTorNetwork 1\n')
      expect(text(name).match(/^DirAuthority authority\d orport=71\d\d .* 10\.78\.0\.1:72\d\d B{40}$/gm), name).to.have.length(3)
    }
  })

  it('has three authorities and two exits, and only the client listens for SOCKS, on loopback', () => {
    expect(nodes.filter(({ role }) => role === 'authority')).to.have.length(3)
    expect(nodes.filter(({ role }) => role === 'exit').length).to.be.at.least(2)
    for (const { name, role } of nodes) expect(/^SocksPort (.*)$/m.exec(text(name))?.[1], name).to.equal(role === 'client' ? '127.0.0.1:19150' : '0')
  })

  it('lets exits reach private addresses, though not the machine\'s loopback, and ask no test names of the world', () => {
    expect(text('exit1')).to.match(/^ExitPolicyRejectPrivate 0$/m).and.match(/^ExitPolicy reject 127\.0\.0\.0\/8:\*\nExitPolicy accept \*:\*$/m).and.match(/^ServerDNSTestAddresses$/m)
  })

  it('starts tor on a host by a defaults file that joins, so that no torrc makes it public', () => {
    expect(files['/etc/systemd/system/tor@default.service.d/lab.conf']?.content).to.equal(torDropIn)
    expect(torDropIn.match(/^ExecStart(Pre)?=\/usr\/bin\/tor .*$/gm)?.every((line) => line.includes(`--defaults-torrc ${torDefaultsFile} `))).to.equal(true)
    expect(torDefaults('TestingTorNetwork 1\n', '/nonexistent')).to.match(/^User debian-tor$/m).and.match(/^SocksPort 9050$/m).and.match(/^TestingTorNetwork 1$/m)
  })

  it('understands what the client says', () => {
    const reply = '250 OK\r\n250-status/bootstrap-phase=NOTICE BOOTSTRAP PROGRESS=75 TAG=enough_dirinfo\r\n250 OK\r\n250-status/circuit-established=1\r\n250 OK\r\n250-consensus/valid-until=2030-01-02 03:04:05\r\n250 OK\r\n'
    expect(parseClientState(reply)).to.deep.equal({ bootstrapped: 75, circuit: true, validUntil: Date.UTC(2030, 0, 2, 3, 4, 5) })
    expect(parseClientState('250 OK\r\n551 Internal error\r\n')).to.deep.equal({ bootstrapped: 0, circuit: false, validUntil: undefined })
  })

  it('lets hosts out to web and name servers over IPv4, and to nothing else', () => {
    const rules = firewallRules(labPlace('/var/lib/stead-lab'), '10.78.0')
    expect(rules.match(/dport .* accept/g)).to.deep.equal(['dport { 53, 80, 443 } accept', 'dport 53 accept'])
    expect(rules).to.match(/meta nfproto ipv6 drop/).and.match(/^ {4}drop$/m)
  })
})
