import { expect } from 'chai'
import fc from 'fast-check'
import { allot, freeSubnet, parseRoutes } from '../../lab/addresses.ts'
import { labPlace, machineName, portName } from '../../lab/place.ts'
import type { LabRecord } from '../../lab/record.ts'

const place = labPlace('/var/lib/stead-lab')
const record = (hosts: LabRecord['hosts'] = {}): LabRecord => ({ version: 1, subnet: '10.78.0', socksPort: 19150, hosts })

describe('lab: where a lab and its hosts are', () => {
  it('gives two directories no name, subnet or port in common', () => {
    const other = labPlace('/tmp/some/lab')
    for (const key of ['bridge', 'table', 'cgroup', 'preferredSubnet', 'preferredSocksPort'] as const) expect(other[key], key).not.to.equal(place[key])
    expect(machineName(other, 'a')).not.to.equal(machineName(place, 'a'))
  })

  it('keeps interface names within the 15 characters that Linux allows', () => {
    for (const each of [place, labPlace('/tmp/some/lab')]) {
      expect(each.bridge).to.have.lengthOf.at.most(15)
      expect(portName(each, 'a-host-with-quite-a-long-name')).to.have.lengthOf.at.most(15)
    }
  })

  it('refuses a state directory whose removal would be a disaster', () => {
    for (const dir of ['/', '/var', 'lab', '/../etc']) expect(() => labPlace(dir), dir).to.throw(/STEAD_LAB_DIR is .* at least two levels deep/)
  })

  it('gives any set of names addresses of their own, and the same ones when asked again', () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/), { maxLength: 60 })
    fc.assert(fc.property(names, (some) => {
      const { hosts } = allot(place, some, record())
      expect(new Set(Object.values(hosts)).size).to.equal(some.length)
      expect(allot(place, some, record()).hosts).to.deep.equal(hosts)
    }))
  })

  it('keeps a recorded address, and gives it to no other host', () => {
    const free = allot(place, ['synapse'], record()).hosts['synapse'] ?? ''
    const known = record({ other: { address: free } })
    expect(allot(place, ['other'], known).hosts).to.deep.equal({ other: free })
    expect(allot(place, ['synapse'], known).hosts['synapse']).not.to.equal(free)
  })

  it('says so when a name cannot be a hostname', () => {
    for (const name of ['', 'A', '1a', 'a_b', 'a.b', '-a', 'a-', 'a'.repeat(33), '../x']) expect(() => allot(place, [name], record()), name).to.throw(/cannot be named/)
  })

  it('says so when the network is full', () => {
    const full = record(Object.fromEntries(Array.from({ length: 240 }, (_, n) => [`h${n}`, { address: `10.78.0.${10 + n}` }])))
    expect(() => allot(place, ['one-more'], full)).to.throw(/All 240 addresses/)
  })

  it('takes another subnet when its own is routed elsewhere, and not because of its own bridge or the default route', () => {
    const line = (name: string, destination: string, mask: string): string => `${name}\t${destination}\t00000000\t0003\t0\t0\t0\t${mask}\t0\t0\t0\n`
    const routes = (text: string): ReturnType<typeof parseRoutes> => parseRoutes(`Iface\tDestination\n${text}`)
    expect(freeSubnet(place, routes(line('eth0', '00000000', '00000000')))).to.equal('10.78.0')
    expect(freeSubnet(place, routes(line('stead0', '00004E0A', '00FFFFFF')))).to.equal('10.78.0')
    expect(freeSubnet(place, routes(line('tun0', '00004E0A', '00FFFFFF')))).to.equal('10.79.0')
    expect(freeSubnet(place, routes(line('tun0', '00004E0A', '0000FFFF')))).to.equal('10.79.0')
    expect(() => freeSubnet(place, routes(line('vpn0', '0000000A', '000000FF')))).to.throw(/already routed elsewhere/)
  })
})
