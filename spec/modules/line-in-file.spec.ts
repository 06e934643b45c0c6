import { expect } from 'chai'
import { lineInFile } from '../../modules/line-in-file.ts'
import { refused, settle } from '../helpers/file-actions.ts'
import { fileHostName } from '../helpers/file-host.ts'
import { fourRounds } from '../helpers/four-rounds.ts'
import { changed, labHost, type SpecHost } from '../helpers/module-host.ts'

const name = fileHostName
const d = '/srv/line-spec'
const f = `${d}/f`
type Arguments = Omit<Parameters<typeof lineInFile>[0], 'path'>

describe('line-in-file', function () {
  this.timeout(240_000)
  let host: SpecHost
  before(async () => {
    host = await labHost(name)
    await host.sh(`rm -rf ${d}; mkdir -p ${d}`)
  })

  const line = (given: Arguments) => lineInFile({ path: f, ...given })
  /** Applies the calls in order to a file with this content, each twice, and gives what it holds then. */
  async function edited(content: string | Buffer, ...calls: Arguments[]): Promise<string> {
    await host.sh(`cat >${f}`, Buffer.from(content))
    for (const call of calls) await settle(host, line(call))
    return host.bytesOf(f).toString('latin1')
  }

  fourRounds({
    host: name, name: 'a line', prepare: `printf 'a\\nb\\n' >${d}/four`, task: () => lineInFile({ path: `${d}/four`, pattern: /^key=/, line: 'key=1' }),
    drift: `sed -i s/key=1/key=2/ ${d}/four`, repaired: ['-key=2\n+key=1'], proof: `stat -c '%i %Y %Z' ${d} ${d}/four`, holds: `cat ${d}/four`,
  })

  it('[line 1] never inserts a line a second time, whatever the anchor', async () => {
    expect(await edited('a\nb\n', { line: 'x', insertAfter: /^a/ }, { line: 'x', insertBefore: /^b/ }, { line: 'x', insertAfter: 'end' }, { line: 'x', insertBefore: 'start' })).to.equal('a\nx\nb\n')
  })

  it('[line 2] a matching pattern takes precedence over the anchor; without a match the anchor counts', async () => {
    expect(await edited('k=0\na\n', { line: 'k=1', pattern: /^k=/, insertAfter: /^a/ })).to.equal('k=1\na\n')
    expect(await edited('a\nb\n', { line: 'k=1', pattern: /^k=/, insertAfter: /^a/ }, { line: 'k=1' })).to.equal('a\nk=1\nb\n')
  })

  it('[line 4] a pattern that does not match its own line is not used once the line exists', async () => {
    expect(await edited('#A=0\nb\n#A=1\n', { line: 'A=1', pattern: /^#A=/ })).to.equal('#A=0\nb\nA=1\n')
  })

  it('uses the last matching line, or the first; a text means a line that contains it', async () => {
    expect(await edited('k=1\nk=2\n', { line: 'k=3', pattern: /^k=/ })).to.equal('k=1\nk=3\n')
    expect(await edited('k=1\nk=2\n', { line: 'k=3', pattern: 'k=', firstMatch: true })).to.equal('k=3\nk=2\n')
    expect(await edited('a.b\na*b\n', { line: 'x', insertAfter: 'a*b' })).to.equal('a.b\na*b\nx\n')
    expect(await edited('a\n', { line: 'k=1', pattern: /^k=/gy })).to.equal('a\nk=1\n')
    expect(await edited('é\nb\n', { line: 'ü', insertAfter: /^é$/ })).to.equal(Buffer.from('é\nü\nb\n').toString('latin1'))
  })

  it('[line 2] replaces what the pattern finds even if the line exists elsewhere too, since the last one counts', async () => {
    expect(await edited('k=3\nk=2\n', { line: 'k=3', pattern: /^k=/ })).to.equal('k=3\nk=3\n')
  })

  it('[line 10] loses no byte of what a group matched, whatever its encoding', async () => {
    expect(await edited(Buffer.from('name=Jos\xe9\n', 'latin1'), { line: 'user=$1 ü', pattern: /^name=(.*)$/, backReferences: true })).to.equal(`user=Jos\xe9 ${Buffer.from('ü').toString('latin1')}\n`)
    expect(await edited('name=José\n', { line: 'user=$<who>', pattern: /^name=(?<who>....)$/, backReferences: true })).to.equal(Buffer.from('user=José\n').toString('latin1'))
  })

  it('[line 10] refuses a pattern that would change its own result on every run, and references to no group', async () => {
    await host.sh(`echo 'CMD="a"' >${f}`)
    expect(await refused(host, line({ line: '$1 quiet"', pattern: /^(CMD=".*)"$/, backReferences: true }))).to.contain('so every run would change it')
    expect(host.bytesOf(f).toString()).to.equal('CMD="a"\n')
    for (const wrong of ['$10', '$2', '$0', '$<name>']) expect(line({ line: wrong, pattern: /^(timeout=)\d+$/, backReferences: true }).issues[0]?.message).to.contain(`${wrong} would be empty`)
    expect(line({ line: '$1$$&$&', pattern: /^(timeout=)\d+$/, backReferences: true }).issues).to.deep.equal([])
  })

  it('[line 5] inserts a separate line after a last line without a newline, and into an empty file', async () => {
    expect(await edited('a\nlast', { line: 'x' })).to.equal('a\nlast\nx\n')
    expect(await edited('', { line: 'x', insertBefore: /nothing/ })).to.equal('x\n')
    expect(await edited('a\nlast', { line: 'x', insertAfter: /^last/ })).to.equal('a\nlast\nx\n')
    expect(await edited('a\n', { line: 'x', insertBefore: 'start' })).to.equal('x\na\n')
  })

  it('[line 6] [decided] adds the missing newline to the line, once, and to no other line', async () => {
    expect(await edited('a\nx', { line: 'x' })).to.equal('a\nx\n')
    expect(await edited('x\na', { line: 'x' })).to.equal('x\na')
  })

  it('[decided] a file with CRLF keeps it', async () => {
    expect(await edited('a\r\nk=0\r\n', { line: 'k=1', pattern: /^k=\d$/ }, { line: 'z' }, { line: 'a' })).to.equal('a\r\nk=1\r\nz\r\n')
  })

  it('[line 8, line 9] [decided] several lines and an empty pattern are argument errors', () => {
    expect(line({ line: 'p\nq' }).issues).to.deep.equal([{ argument: 'line', message: 'must be one line: several are a block (blockInFile)' }])
    for (const pattern of ['', new RegExp('')]) expect(line({ line: 'x', pattern }).issues[0]?.argument).to.equal('pattern')
    expect(line({}).issues[0]?.message).to.equal('must be given')
    expect(line({ state: 'absent' }).issues[0]?.message).to.equal('must be given, or a pattern')
    expect(line({ line: 'x', insertAfter: 'a', insertBefore: 'b' }).issues).to.have.length(1)
  })

  it('[line 10] dollars are literal unless back references are requested; then nothing is inserted without a match', async () => {
    expect(await edited('k=0\n', { line: "k=$1 $& $$ $` $' \\1", pattern: /^k=(.*)/ })).to.equal("k=$1 $& $$ $` $' \\1\n")
    expect(await edited('user=me\n', { line: 'user=$1 # $$1 $<rest>', pattern: /^user=(\w+)$(?<rest>.*)/, backReferences: true })).to.equal('user=me # $1 \n')
    expect(await edited('a\n', { line: 'user=$1', pattern: /^user=(.*)$/, backReferences: true })).to.equal('a\n')
    expect(line({ line: 'x', pattern: 'text', backReferences: true }).issues[0]?.argument).to.equal('pattern')
  })

  it('takes out all lines that match, or that are the line', async () => {
    expect(await edited('a\nx\nb\nx', { line: 'x', state: 'absent' })).to.equal('a\nb\n')
    expect(await edited('k=1\nb\nk=2\n', { pattern: /^k=/, state: 'absent' })).to.equal('b\n')
  })

  it('[line 12] a missing file is an error, is created with its directories on request, and has no line to remove', async () => {
    await host.sh(`rm -f ${f}; rm -rf ${d}/new`)
    expect(await refused(host, line({ line: 'x' }))).to.contain(`The file ${f} does not exist`)
    expect(changed(await host.apply(line({ line: 'x', state: 'absent' })))).to.deep.equal([])
    const made = lineInFile({ path: `${d}/new/er/f`, line: 'x', create: true, mode: '0600' })
    expect((await host.check(made)).status).to.equal('change')
    expect(await host.sh(`ls -d ${d}/new 2>/dev/null || :`)).to.equal('')
    await settle(host, made)
    expect(await host.sh(`cat ${d}/new/er/f; stat -c %a ${d}/new/er/f`)).to.equal('x\n600\n')
  })

  it('[line 12] bytes of another encoding survive, and a backup contains the old ones', async () => {
    const bytes = Buffer.from([0xe9, 0x0a, 0xff, 0xfe, 0x00, 0x0a])
    await host.sh(`rm -f ${f}*`)
    expect(await edited(bytes, { line: 'x', insertBefore: 'start', backup: true })).to.equal(`x\n${bytes.toString('latin1')}`)
    expect((await host.bytes(`cat ${f}.*~`)).equals(bytes)).to.equal(true)
  })

  it('[copy 16] if a validator refuses, the old bytes are kept', async () => {
    await host.sh(`echo old >${f}`)
    await refused(host, line({ line: 'x', validate: ['false', '%s'] }))
    expect(host.bytesOf(f).toString()).to.equal('old\n')
  })

  it('edits a file of 3 MB, of which it keeps every byte', async () => {
    const large = Buffer.alloc(3_000_000, 'abcdefg\n')
    expect((await edited(large, { line: 'x' })) === `${large.toString()}x\n`).to.equal(true)
  })
})
