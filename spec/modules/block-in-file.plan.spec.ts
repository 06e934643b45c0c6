import { expect } from 'chai'
import { Content } from '../../lib/state/content.ts'
import { blockInFile } from '../../modules/block-in-file.ts'
import { desired, hostView, misuse, wrongArguments } from './plan-module.ts'

const hosts = (text: string | Uint8Array) => ({ 'file /etc/hosts': { type: 'file', mode: '0644', content: Content.of(text) } })

describe('block-in-file', () => {
  it('puts a block between its markers at the end', async () => {
    expect(await desired(blockInFile({ path: '/etc/hosts', block: '192.0.2.1 a' }), hosts('127.0.0.1 localhost\n')))
      .to.deep.equal([['file /etc/hosts', { type: 'file', content: '127.0.0.1 localhost\n# BEGIN stead\n192.0.2.1 a\n# END stead\n' }]])
  })

  it('inserts it at the requested place, and sets the file\'s attributes', async () => {
    const [[, after] = []] = await desired(blockInFile({ path: '/etc/hosts', block: 'x', insertAfter: /^a/, marker: '; {mark}', mode: '600', owner: 'root' }), hosts('a\nb\n'))
    expect(after).to.deep.equal({ type: 'file', content: 'a\n; BEGIN\nx\n; END\nb\n', mode: '0600', owner: 'root' })
    const [[, before] = []] = await desired(blockInFile({ path: '/etc/hosts', block: 'x', insertBefore: /^b/, marker: '; {mark}' }), hosts('a\nb\n'))
    expect(before?.['content']).to.equal('a\n; BEGIN\nx\n; END\nb\n')
  })

  it('gives the same place each time it is planned, even by a pattern that remembers where it was', async () => {
    const call = blockInFile({ path: '/etc/hosts', block: 'x', insertAfter: /b/g, marker: '; {mark}' })
    const first = await desired(call, hosts('b\nc\nb'))
    expect(await desired(call, hosts('b\nc\nb'))).to.deep.equal(first)
    expect(first[0]?.[1]?.['content']).to.equal('b\nc\nb\n; BEGIN\nx\n; END\n')
  })

  it('keeps bytes that are not UTF-8, and writes the block as UTF-8', async () => {
    const plan = await blockInFile({ path: '/etc/hosts', block: 'é' }).plan(hostView(hosts(Buffer.from([0xff, 0xe9, 0x0a]))))
    const content = plan.wants[0]?.desired?.['content']
    expect(content instanceof Content && content.bytes?.toString('hex')).to.equal(Buffer.concat([Buffer.from([0xff, 0xe9, 0x0a]), Buffer.from('# BEGIN stead\né\n# END stead\n')]).toString('hex'))
  })

  it('removes the block if it is absent or empty, and ignores a file that does not exist', async () => {
    const there = hosts('a\n# BEGIN stead\nx\n# END stead\nb\n')
    for (const call of [blockInFile({ path: '/etc/hosts', block: 'x', state: 'absent' }), blockInFile({ path: '/etc/hosts', block: '' })]) {
      expect((await desired(call, there))[0]?.[1]?.['content']).to.equal('a\nb\n')
    }
    expect(await desired(blockInFile({ path: '/etc/hosts', block: 'x', state: 'absent' }))).to.deep.equal([])
  })

  it('does not create a file unless requested, or a package may bring it', async () => {
    const refused = await desired(blockInFile({ path: '/etc/hosts', block: 'x' })).then(() => undefined, (error: unknown) => error)
    expect(String(refused)).to.include('/etc/hosts does not exist')
    const text = '# BEGIN stead\nx\n# END stead\n'
    expect((await desired(blockInFile({ path: '/etc/hosts', block: 'x', create: true })))[0]?.[1]?.['content']).to.equal(text)
    expect((await desired(blockInFile({ path: '/etc/hosts', block: 'x' }), {}, { packagesPending: true }))[0]?.[1]?.['content']).to.equal(text)
  })

  it('finds every wrong argument at once', () => {
    expect(wrongArguments(misuse(blockInFile, { path: 'etc/hosts', block: 7, marker: 'no mark', insertAfter: 7, validate: ['visudo'] }))).to.deep.equal(['block', 'insertAfter', 'marker', 'path', 'validate'])
    expect(wrongArguments(blockInFile({ path: '/x', block: 'a\n# END stead\nb' }))).to.deep.equal(['block'])
  })
})
