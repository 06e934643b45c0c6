import { expect } from 'chai'
import { Content } from '../../lib/state/content.ts'
import { onionAddressResource } from '../../lib/resources/tor/onion-address.ts'
import { onionService } from '../../modules/onion-service.ts'
import { desired, hostView, misuse, wrongArguments } from './plan-module.ts'

const there = { 'file /etc/tor/torrc': { type: 'file', content: Content.of('') } }
const hostname = `${'a'.repeat(56)}.onion`

describe('onion-service', () => {
  it('wants its stanza in torrc, then its address', async () => {
    const wants = await desired(onionService({ name: 'web', ports: { 80: '127.0.0.1:8080', 443: 'unix:/run/web.sock' }, options: { HiddenServiceNumIntroductionPoints: 5 } }), there)
    expect(wants.map(([name]) => name)).to.deep.equal(['onion-directory /var/lib/tor/web', 'file /etc/tor/torrc', 'onion-address /var/lib/tor/web'])
    expect(wants[1]?.[1]?.['content']).to.equal([
      '# BEGIN stead onion service web', 'HiddenServiceDir /var/lib/tor/web/', 'HiddenServiceNumIntroductionPoints 5',
      'HiddenServicePort 80 127.0.0.1:8080', 'HiddenServicePort 443 unix:/run/web.sock', '# END stead onion service web', '',
    ].join('\n'))
  })

  it('foretells that tor runs for a service that is new, and nothing of it for one that is there', () => {
    const key = { directory: '/var/lib/tor/web', unit: 'tor@default.service' }
    expect(onionAddressResource.forecast?.sideEffects?.(key, {}, null).map(({ kind, identity }) => `${kind} ${identity}`)).to.deep.equal(['unit tor@default.service', 'unit tor@default.service'])
    expect(onionAddressResource.forecast?.sideEffects?.(key, {}, { hostname })).to.deep.equal([])
  })

  it('gives its address to the tasks that await it, once there is one', async () => {
    const call = onionService({ name: 'web', ports: { 80: '127.0.0.1:8080' } })
    const plan = await call.plan(hostView(there))
    expect(plan.output?.([null, { hostname }])).to.deep.equal({ hostname })
    expect(plan.output?.([null, null])).to.equal(undefined)
  })

  it('uses a placeholder for the address of the same length, which cannot exist', () => {
    const placeholder = onionService({ name: 'web', ports: { 80: '127.0.0.1:8080' } }).placeholder
    expect(placeholder?.hostname).to.match(/^[a-z2-7]+\.onion$/).and.have.length(hostname.length)
  })

  it('finds every wrong argument at once; a target that others can reach is one', () => {
    expect(wrongArguments(misuse(onionService, { name: 'a/b', ports: { http: '127.0.0.1:80', 80: '0.0.0.0:80', 81: '192.0.2.1:80' }, options: { SocksPort: 1 }, unit: 'tor*', port: 80 })))
      .to.deep.equal(['arguments', 'name', 'options.SocksPort', 'ports.80', 'ports.81', 'ports.http', 'unit'])
    expect(wrongArguments(onionService({ name: 'web', ports: {} }))).to.deep.equal(['ports'])
  })

  it('[fault 40] refuses names that point outside of /var/lib/tor, and directories that cannot belong to a service', () => {
    for (const name of ['..', '.', 'a/b', '', '../etc', 'a\n', 'a\0']) expect(wrongArguments(onionService({ name, state: 'absent' })), name).to.deep.equal(['name'])
    for (const directory of ['/', '/etc', '/etc/', '/var/lib/tor', '/var/lib/tor/', '/srv/../etc']) expect(wrongArguments(onionService({ name: 'web', state: 'absent', directory })), directory).to.deep.equal(['directory'])
  })
})
