import { expect } from 'chai'
import { Content } from '../../lib/state/content.ts'
import { torrc, torrcLines } from '../../modules/torrc.ts'
import { desired, hostView, misuse, wantsOf, wrongArguments } from './plan-module.ts'

const there = { 'file /etc/tor/torrc': { type: 'file', content: Content.of('# mine\n') } }

describe('torrc', () => {
  it('wants a stanza of options in their order, a list as several lines', async () => {
    const [[name, state] = []] = await desired(torrc({ name: 'client', options: { SocksPort: '127.0.0.1:9050', ClientOnly: 1, MapAddress: ['a b', 'c d'] } }), there)
    expect([name, state?.['content']]).to.deep.equal(['file /etc/tor/torrc', '# mine\n# BEGIN stead client\nSocksPort 127.0.0.1:9050\nClientOnly 1\nMapAddress a b\nMapAddress c d\n# END stead client\n'])
  })

  it('lets tor itself check the file before it goes live', async () => {
    const [want] = wantsOf(await torrc({ name: 'client', options: { ClientOnly: 1 } }).plan(hostView(there)))
    expect(JSON.stringify(want?.key)).to.include('"--verify-config"').and.include('"%s"')
  })

  it('takes the stanza out', async () => {
    const [[, state] = []] = await desired(torrc({ name: 'a', options: {}, state: 'absent' }), { 'file /etc/tor/torrc': { type: 'file', content: Content.of('x\n# BEGIN stead a\ny\n# END stead a\n') } })
    expect(state?.['content']).to.equal('x\n')
  })

  it('finds every wrong argument at once; a second line in a value is none, since it is quoted', () => {
    expect(torrcLines({ Log: 'a\nSocksPort 1' }).join('')).not.to.include('\n')
    expect(wrongArguments(misuse(torrc, { name: 'a b', options: { 'Socks Port': '1', Log: 'a\nSocksPort 1' }, path: 'torrc', extra: 1 }))).to.deep.equal(['arguments', 'name', 'options.Socks Port', 'path'])
  })
})
