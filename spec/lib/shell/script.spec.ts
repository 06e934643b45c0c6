import { execFileSync } from 'node:child_process'
import { expect } from 'chai'
import fc from 'fast-check'
import { apply, applyLines, ApplyScript, read, readLines, ReadScript } from '../../../lib/shell/script.ts'

const run = ({ text }: { text: string }): string => execFileSync('sh', ['-c', text], { encoding: 'utf8' })

describe('script templates', () => {
  it('quote every word, and keep the script around it', () => {
    expect(read`stat -c %a -- ${"/srv/it's"}`.text).to.equal(`stat -c %a -- '/srv/it'\\''s'`)
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 40 }).map(drawn => drawn.replaceAll('\0', '')), word => {
      expect(run(read`printf '<%s>' ${word} end`)).to.equal(`<${word}><end>`)
    }), { numRuns: 40 })
  })

  it('make several words of a list, and none of an empty one', () => {
    expect(read`ls ${['a b', 'c']} d`.text).to.equal(`ls 'a b' c d`)
    expect(run(read`set -- ${[]}; echo $#`)).to.equal('0\n')
    expect(run(read`set -- ${['', ' ']}; echo $#`)).to.equal('2\n')
  })

  it('take numbers as they are', () => {
    expect(apply`sleep ${0.5}; exit ${3}`.text).to.equal('sleep 0.5; exit 3')
  })

  it('put pieces of script in unquoted, as deep as they go', () => {
    const inner = read`[ -e ${'a b'} ]`
    const middle = read`if ${inner}; then echo yes; fi`
    expect(apply`(${middle}) && ${apply`touch ${'x y'}`}`.text).to.equal(`(if [ -e 'a b' ]; then echo yes; fi) && touch 'x y'`)
  })

  it('leave backslashes and the shell\'s own ${} to the shell', () => {
    expect(read`printf 'a\tb\n' "\${x%%.*}" \`id\` \\`.text).to.equal('printf \'a\\tb\\n\' "${x%%.*}" `id` \\\\')
    expect(run(read`x=file.txt; printf '%s\n' "\${x%.*}"`)).to.equal('file\n')
  })

  it('refuse undefined instead of writing it into a script', () => {
    const missing: Record<string, string> = {}
    // As it reaches a template from code that the compiler does not see: an index that is not there.
    const values = Object.values({ ...missing, path: missing['path'] })
    expect(() => void Reflect.apply(read, undefined, [Object.assign(['rm ', ''], { raw: ['rm ', ''] }), ...values])).to.throw(TypeError, 'was given undefined')
  })

  it('join pieces one a line, each of its own kind', () => {
    expect(readLines([read`a`, read`b`]).text).to.equal('a\nb')
    expect(applyLines([apply`a`, apply`b`]).text).to.equal('a\nb')
    expect(readLines([])).to.be.instanceOf(ReadScript)
    expect(applyLines([])).to.be.instanceOf(ApplyScript)
    expect(read`a`).to.not.be.instanceOf(ApplyScript)
  })
})
