import { expect } from 'chai'
import fc from 'fast-check'
import { requiresBreak } from '../../../lib/module/line-pattern.ts'
import { blockInFile } from '../../../modules/block-in-file.ts'
import { lineInFile } from '../../../modules/line-in-file.ts'

describe('patterns of lines', () => {
  it('[fault 47] one that requires a line break is an argument error, which says what to do', () => {
    for (const pattern of [/b\nc/m, /b\nc/, /(?:b\nc)/, /^b$\n^c$/m, /a\n|x\n/, /\n{1,}/, /\n+x/, /[\n]c/, /b\x0ac/, /b\u000ac/, /b\cJc/, /b(?=\nc)/, new RegExp('b\nc'), 'b\nc', 'b\r\nc']) {
      for (const call of [lineInFile({ path: '/f', line: 'x', pattern }), lineInFile({ path: '/f', line: 'x', insertAfter: pattern }), blockInFile({ path: '/f', block: 'x', insertBefore: pattern })]) {
        expect(call.issues.map(({ message }) => message).join(), String(pattern)).to.contain('line break').and.contain('one by one')
      }
    }
  })

  it('[fault 47] one that only allows a line break, or excludes it, is accepted', () => {
    for (const pattern of [/^a[^\n]*$/, /a(\n|$)/, /a\n?$/, /a\n*/, /a\r?\n?$/, /a(?!\n)/, /[\s\S]+/, /a{2,3}b/, /\\n/, /[;\n]/, /(?<name>a)\k<name>/, /a\n{0,2}/, '\\n', 'end']) expect(requiresBreak(pattern), String(pattern)).to.equal(false)
  })

  it('[fault 47] a refused pattern matches no text without a line break (property)', () => {
    const piece = fc.constantFrom('a', 'b', '\\n', '[^\\n]', '[\\n]', '.', '(', ')', '(?:', '(?=', '(?!', '|', '*', '+', '?', '{0,1}', '{2}', '$', '^', '\\x0a', '\\\\', '\\(')
    let refused = 0
    fc.assert(fc.property(fc.array(piece, { maxLength: 9 }), fc.constantFrom('', 'm', 's', 'u'), fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '(', '\\', ')'), maxLength: 6 }), { minLength: 6 }), (pieces, flags, lines) => {
      let pattern
      try {
        pattern = new RegExp(pieces.join(''), flags)
      } catch {
        return
      }
      if (!requiresBreak(pattern)) return
      refused++
      for (const line of lines) expect(pattern.test(line), `${String(pattern)} of ${JSON.stringify(line)}`).to.equal(false)
    }), { numRuns: 3000 })
    expect(refused).to.be.greaterThan(50)
  })
})
