import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { torrcValue } from '../../../../lib/resources/tor/quote.ts'
import { inTemporaryDirectory } from '../../shell/local-session.ts'

/** What tor, which the lab needs on this machine, understands of a torrc with one option. It only reads: nothing is started. */
const understood = (value: string) => inTemporaryDirectory(async directory => {
  const file = path.join(directory, 'torrc')
  writeFileSync(file, `ContactInfo ${value}\n`)
  const { stdout, status } = spawnSync('tor', ['--quiet', '--defaults-torrc', '/dev/null', '-f', file, '--DataDirectory', path.join(directory, 'data'), '--dump-config', 'short'], { encoding: 'utf8' })
  return { status, lines: stdout.replaceAll(directory, '').split('\n') }
})

/** The same value with each byte escaped, in which nothing can be special. */
const everyByte = (text: string) => `"${[...Buffer.from(text)].map(byte => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}"`

describe('values of torrc', function () {
  this.timeout(180_000)

  it('reach tor unchanged, and cannot start another option (property)', async () => {
    const text = fc.oneof(fc.string({ unit: fc.constantFrom(...'ab "\'\\#;%$~=,:\n\r\t\u0001\u007fé☃xn07'), maxLength: 12 }), fc.string({ unit: 'binary', maxLength: 12 }).map(drawn => drawn.replaceAll('\0', '')))
    await fc.assert(fc.asyncProperty(text, async given => {
      const found = await understood(torrcValue(given))
      expect(found).to.deep.equal(await understood(everyByte(given)))
      expect(found.status).to.equal(0)
    }), { numRuns: 60, examples: [['# comment'], ['a # b'], ['a\\'], ['"'], ['a\nSocksPort 1'], ['\\x41'], [' a '], ['a\\\nb'], ['']] })
  })

  it('stay readable where that means the same', () => {
    for (const plain of ['127.0.0.1:9050 IsolateDestAddr', '1', '$user', 'a"b']) expect(torrcValue(plain)).to.equal(plain)
    expect(torrcValue('#1 "relay"')).to.equal('"#1 \\"relay\\""')
  })

  it('cannot contain NUL', () => {
    expect(() => torrcValue('a\0b')).to.throw(RangeError, 'NUL')
  })
})
