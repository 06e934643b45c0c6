import { expect } from 'chai'
import fc from 'fast-check'
import { PlaybookError } from '../../../lib/errors.ts'
import { mergeBlock, type BlockPlace } from '../../../lib/module/merge-block.ts'

const markers = { begin: '# BEGIN x', end: '# END x' }
const { begin, end } = markers

/** Text of any bytes (as latin1), with all kinds of line ending, and no marker in it. */
const text = fc.array(fc.tuple(fc.oneof(fc.string({ maxLength: 8 }), fc.uint8Array({ maxLength: 6 }).map(bytes => Buffer.from(bytes).toString('latin1'))), fc.constantFrom('\n', '\r\n', '')), { maxLength: 8 })
  .map(lines => lines.map(([line, ending]) => line.replace(/[\r\n]/g, '') + ending).join(''))
const block = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', ' ', '#', 'é'), maxLength: 5 }), { minLength: 1, maxLength: 4 }).map(lines => lines.join('\n')).filter(lines => lines.replace(/\n$/, '') !== '')
const place: fc.Arbitrary<BlockPlace> = fc.oneof(fc.constantFrom<BlockPlace>('end', 'start'), fc.constantFrom('a', '^$', '.', 'z').map((source): BlockPlace => ({ after: new RegExp(source) })), fc.constantFrom('a', '^$', '.', 'z').map((source): BlockPlace => ({ before: new RegExp(source) })))

const thrown = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    expect(error).to.be.instanceOf(PlaybookError)
    return String(error)
  }
  return expect.fail('it did not throw')
}

/** The text without the lines from one marker to the other. */
const without = (merged: string): string => merged.replace(/# BEGIN x\r?\n[^]*?# END x(\r?\n|$)/, '')

describe('mergeBlock', () => {
  it('keeps every byte outside of the block, but for ending a last line that had no ending and is followed by it', () => {
    fc.assert(fc.property(text, block, place, (given, lines, where) => {
      const rest = without(mergeBlock(given, lines, markers, where))
      expect([given, `${given}\n`, `${given}\r\n`]).to.include(rest)
      if (rest !== given) expect(given).to.match(/[^\n]$/)
    }), { numRuns: 500 })
  })

  it('changes nothing when it is done again', () => {
    fc.assert(fc.property(text, block, place, (given, lines, where) => {
      const once = mergeBlock(given, lines, markers, where)
      expect(mergeBlock(once, lines, markers, where)).to.equal(once)
    }), { numRuns: 500 })
  })

  it('replaces a block in place, and removes it without a trace', () => {
    fc.assert(fc.property(text, block, block, place, place, (given, one, other, where, elsewhere) => {
      const first = mergeBlock(given, one, markers, where)
      expect(mergeBlock(first, other, markers, elsewhere)).to.equal(mergeBlock(given, other, markers, where))
      const removed = mergeBlock(first, undefined, markers, elsewhere)
      expect(removed).to.equal(without(first))
      expect(mergeBlock(removed, undefined, markers, where)).to.equal(removed)
    }), { numRuns: 500 })
  })

  it('restores a text whose last line was ended', () => {
    fc.assert(fc.property(text.filter(given => given === '' || given.endsWith('\n')), block, place, (given, lines, where) => {
      expect(mergeBlock(mergeBlock(given, lines, markers, where), undefined, markers, where)).to.equal(given)
    }), { numRuns: 300 })
  })

  it('writes the lines that it is given, between its markers', () => {
    expect(mergeBlock('a\n', 'x\ny', markers, 'end')).to.equal(`a\n${begin}\nx\ny\n${end}\n`)
    expect(mergeBlock('a\n', 'x\ny\n', markers, 'end')).to.equal(`a\n${begin}\nx\ny\n${end}\n`)
    expect(mergeBlock('a\n', 'x\n\n', markers, 'start')).to.equal(`${begin}\nx\n\n${end}\na\n`)
    expect(mergeBlock('', 'x', markers, 'end')).to.equal(`${begin}\nx\n${end}\n`)
    expect(mergeBlock('a\n', '', markers, 'end')).to.equal('a\n')
  })

  it('speaks the line endings of the text', () => {
    expect(mergeBlock('a\r\nb\r\n', 'x\ny', markers, 'end')).to.equal(`a\r\nb\r\n${begin}\r\nx\r\ny\r\n${end}\r\n`)
    expect(mergeBlock(`a\n${begin}\r\nold\r\n${end}\r\nb\n`, 'x', markers, 'end')).to.equal(`a\n${begin}\r\nx\r\n${end}\r\nb\n`)
    expect(mergeBlock('a\r\nb', 'x', markers, 'end')).to.equal(`a\r\nb\r\n${begin}\r\nx\r\n${end}\r\n`)
  })

  it('copes with a text whose last line has no ending', () => {
    expect(mergeBlock('a', 'x', markers, 'end')).to.equal(`a\n${begin}\nx\n${end}\n`)
    expect(mergeBlock(`a\n${begin}\nold\n${end}`, 'x', markers, 'end')).to.equal(`a\n${begin}\nx\n${end}\n`)
    expect(mergeBlock(`${begin}\nold\n${end}\na`, 'x', markers, 'end')).to.equal(`${begin}\nx\n${end}\na`)
    expect(mergeBlock(`a\n${begin}\nold\n${end}`, undefined, markers, 'end')).to.equal('a\n')
  })

  it('goes after or before the last line that matches, and to the end where none does', () => {
    expect(mergeBlock('a1\nb\na2\nc\n', 'x', markers, { after: /^a/ })).to.equal(`a1\nb\na2\n${begin}\nx\n${end}\nc\n`)
    expect(mergeBlock('a1\nb\na2\nc\n', 'x', markers, { before: /^a/ })).to.equal(`a1\nb\n${begin}\nx\n${end}\na2\nc\n`)
    expect(mergeBlock('a\n', 'x', markers, { after: /z/ })).to.equal(`a\n${begin}\nx\n${end}\n`)
  })

  it('recognises a marker only if it is the whole line', () => {
    const given = `see ${begin}\n${begin} too\n ${end}\n`
    expect(mergeBlock(given, 'x', markers, 'end')).to.equal(`${given}${begin}\nx\n${end}\n`)
  })

  const broken: [string, string, string][] = [
    ['an END before its BEGIN', `a\n${end}\n${begin}\nb\n`, 'Line 2 ends a block ("# END x") before it starts'],
    ['a BEGIN without END', `a\nb\n${begin}\nc\n`, 'Line 3 starts a block that does not end'],
    ['an END without BEGIN', `a\n${end}`, 'Line 2 ends a block that does not start'],
    ['nested blocks', `${begin}\n${begin}\n${end}\n${end}\n`, 'Line 2 contains the marker "# BEGIN x" a second time'],
    ['two blocks', `${begin}\n${end}\n\n${begin}\n${end}\n`, 'Line 4 contains the marker "# BEGIN x" a second time'],
    ['two ENDs', `${begin}\r\n${end}\r\n${end}\r\n`, 'Line 3 contains the marker "# END x" a second time'],
  ]
  for (const [what, given, message] of broken) {
    it(`refuses ${what}, with the number of the line, and whether it is to write or to remove`, () => {
      expect(thrown(() => mergeBlock(given, 'x', markers, 'end'))).to.include(message)
      expect(thrown(() => mergeBlock(given, undefined, markers, 'end'))).to.include(message)
    })
  }

  it('is quick with a large file', () => {
    const given = 'a line of a configuration file\n'.repeat(100_000)
    const before = process.cpuUsage()
    expect(mergeBlock(given, 'x', markers, 'end')).to.have.length(given.length + begin.length + end.length + 4)
    expect(process.cpuUsage(before).user / 1e6, 'seconds of this process').to.be.below(2)
  })
})
