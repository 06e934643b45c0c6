import { expect } from 'chai'
import { blockInFile } from '../../modules/block-in-file.ts'
import { refused, settle } from '../helpers/file-actions.ts'
import { fileHostName } from '../helpers/file-host.ts'
import { fourRounds } from '../helpers/four-rounds.ts'
import { changed, diffs, labHost, type SpecHost } from '../helpers/module-host.ts'

const name = fileHostName
const d = '/srv/block-spec'
const f = `${d}/f`
type Arguments = Omit<Parameters<typeof blockInFile>[0], 'path'>
const B = '# BEGIN stead'
const E = '# END stead'

describe('block-in-file', function () {
  this.timeout(240_000)
  let host: SpecHost
  before(async () => {
    host = await labHost(name)
    await host.sh(`rm -rf ${d}; mkdir -p ${d}`)
  })

  const block = (given: Arguments) => blockInFile({ path: f, ...given })
  async function edited(content: string | Buffer, ...calls: Arguments[]): Promise<string> {
    await host.sh(`cat >${f}`, Buffer.from(content))
    for (const call of calls) await settle(host, block(call))
    return host.bytesOf(f).toString('latin1')
  }

  fourRounds({
    host: name, name: 'a block', prepare: `printf 'a\\nb\\n' >${d}/four`, task: () => blockInFile({ path: `${d}/four`, block: 'x\ny' }),
    drift: `sed -i s/^x/z/ ${d}/four`, repaired: ['-z\n+x'], proof: `stat -c '%i %Y %Z' ${d} ${d}/four`, holds: `cat ${d}/four`,
  })

  it('[block 2] lines outside the block keep their endings, and the block those of a CRLF file', async () => {
    expect(await edited(`a\nb\r\n${B}\r\nold\r\n${E}\r\nc\n`, { block: 'new' })).to.equal(`a\nb\r\n${B}\r\nnew\r\n${E}\r\nc\n`)
    expect(await edited('a\n', { block: 'x\r\ny' })).to.equal(`a\n${B}\r\nx\r\ny\r\n${E}\r\n`)
  })

  it('[block 3] [decided] finds markers in a file with CRLF', async () => {
    await host.sh(`cat >${f}`, Buffer.from(`${B}\r\nx\r\n${E}\r\n`))
    expect(changed(await host.apply(block({ block: 'x' })))).to.deep.equal([])
  })

  it('[block 4] [decided] finds an END without a newline at the end of the file, and adds at most the newline', async () => {
    expect(await edited(`a\n${B}\nx\n${E}`, { block: 'x' })).to.equal(`a\n${B}\nx\n${E}\n`)
  })

  for (const [what, content, lineNumber] of [
    ['a BEGIN without END', `a\n${B}\nx\n`, 2], ['an END before BEGIN', `${E}\n${B}\n`, 1], ['an END without BEGIN', `a\nb\n${E}\n`, 3],
    ['doubled blocks', `${B}\n${E}\n${B}\n${E}\n`, 3], ['nested blocks', `${B}\n${B}\n${E}\n${E}\n`, 2],
  ] as const) {
    it(`[block 6] [decided] ${what} fails with the line number, and changes nothing`, async () => {
      await host.sh(`cat >${f}`, Buffer.from(content))
      expect(await refused(host, block({ block: 'new' }))).to.contain(`Line ${lineNumber} `)
      expect(host.bytesOf(f).toString()).to.equal(content)
    })
  }

  it('[block 7] [decided] a marker without {mark} or of two lines, and a block with a marker in it, are argument errors', () => {
    expect(block({ block: 'x', marker: '# mine' }).issues).to.deep.equal([{ argument: 'marker', message: 'must be one line that contains {mark}' }])
    expect(block({ block: 'x', marker: '# {mark}\n' }).issues).to.have.length(1)
    expect(block({ block: `x\r\n${E}` }).issues[0]?.argument).to.equal('block')
    expect(block({ block: 'x', insertAfter: 'a', insertBefore: 'b' }).issues).to.have.length(1)
  })

  it('[block 8] goes after or before the last matching line, otherwise to the end; once there it stays', async () => {
    const own = `${B}\nx\n${E}\n`
    expect(await edited('a\nb\na\nc\n', { block: 'x', insertAfter: /^a/ })).to.equal(`a\nb\na\n${own}c\n`)
    expect(await edited('a\nb\na\nc\n', { block: 'x', insertBefore: /^a/ })).to.equal(`a\nb\n${own}a\nc\n`)
    expect(await edited('a\nc', { block: 'x', insertAfter: /nothing/ })).to.equal(`a\nc\n${own}`)
    expect(await edited('a\n', { block: 'x', insertBefore: 'start' }, { block: 'x', insertAfter: 'end' })).to.equal(`${own}a\n`)
  })

  it('[block 14] a text anchor is literal', async () => {
    expect(await edited('before this *\nb\n', { block: 'x', insertBefore: 'before this *' })).to.equal(`${B}\nx\n${E}\nbefore this *\nb\n`)
  })

  it('[block 10] adds an empty line before and after where one is missing, and none at the ends of the file', async () => {
    const block = { block: 'x', insertAfter: /^a/, prependNewline: true, appendNewline: true }
    expect(await edited('a\nb\n', block)).to.equal(`a\n\n${B}\nx\n${E}\n\nb\n`)
    expect(await edited('', block)).to.equal(`${B}\nx\n${E}\n`)
    expect(await edited('a\n\n', { ...block, insertAfter: 'end' })).to.equal(`a\n\n${B}\nx\n${E}\n`)
    expect(await edited('a\nb\n', { ...block, state: 'absent' })).to.equal('a\nb\n')
  })

  it('[block 11] removing it leaves an empty file, not none; an empty block is removed; without markers there is nothing to do', async () => {
    expect(await edited(`${B}\nx\n${E}\n`, { state: 'absent' })).to.equal('')
    expect(await edited(`a\n${B}\nx\n${E}\nb\n`, { block: '' })).to.equal('a\nb\n')
    expect(await edited('a', { state: 'absent' })).to.equal('a')
  })

  it('[block 12] [decided] absent on a missing file is ok; present is an error, unless the file may be created', async () => {
    await host.sh(`rm -rf ${f} ${d}/new`)
    expect(changed(await host.apply(block({ state: 'absent' })))).to.deep.equal([])
    expect(await refused(host, block({ block: 'x' }))).to.contain(`The file ${f} does not exist`)
    const made = blockInFile({ path: `${d}/new/f`, block: 'x', create: true })
    expect((await host.check(made)).status).to.equal('change')
    expect(await host.sh(`ls -d ${d}/new 2>/dev/null || :`)).to.equal('')
    await settle(host, made)
    expect(await refused(host, blockInFile({ path: d, block: 'x' }))).to.contain(`${d} is a directory`)
  })

  it('[block 14] no shell interprets a block, and it may be large', async () => {
    const odd = ['$(id)', '`id`', '$HOME', '\\', '\\n', '"', "'", 'PYINFRAHERE', '%s', '\u00e9', 'x'.repeat(300_000)].join('\n')
    expect((await edited('a\n', { block: odd })) === Buffer.from(`a\n${B}\n${odd}\n${E}\n`).toString('latin1')).to.equal(true)
  })

  it('a marker may contain any letters', async () => {
    expect(await edited('a\n', { block: 'x', marker: '; {mark} größe' }, { block: 'y', marker: '; {mark} größe' })).to.equal(Buffer.from('a\n; BEGIN größe\ny\n; END größe\n').toString('latin1'))
  })

  it('[copy 6, check 6, check 9] keeps mode, owner and other bytes, and its diff has context', async () => {
    const bytes = Buffer.from([0x31, 0x0a, 0xe9, 0x0a])
    await host.sh(`cat >${f}; chmod 0604 ${f}; chown nobody ${f}`, bytes)
    await settle(host, block({ block: 'x' }))
    expect(host.bytesOf(f).subarray(0, 4).equals(bytes)).to.equal(true)
    expect(await host.sh(`stat -c '%a %U' ${f}`)).to.equal('604 nobody\n')
    await host.sh(`printf 'a\\nb\\nc\\nd\\n' >${f}`)
    expect(diffs(await host.apply(block({ block: 'x' })))).to.contain(' b\n c\n d\n+# BEGIN stead\n+x\n+# END stead')
  })
})
