import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { parseExtraVars, splitQuoted } from '../../../lib/command-line/extra-vars.ts'
import { UsageError } from '../../../lib/errors.ts'
import { quote } from '../../../lib/text/quote.ts'

describe('extra variables', () => {
  let directory: string
  before(() => (directory = mkdtempSync(path.join(tmpdir(), 'extra-vars-'))))
  after(() => rmSync(directory, { recursive: true }))

  const write = (name: string, text: string): string => {
    const file = path.join(directory, name)
    writeFileSync(file, text)
    return `@${file}`
  }

  it('are pairs, whose values are texts', () => {
    expect(parseExtraVars(`a=1 b="two words" c='x=y' d= e=it\\'s f=pre"fix ed"`)).to.deep.equal({ a: '1', b: 'two words', c: 'x=y', d: '', e: "it's", f: 'prefix ed' })
    expect(parseExtraVars('"a=one text"')).to.deep.equal({ a: 'one text' })
  })

  it('[fault 36] are one pair whose value contains spaces, as a shell passes on the example in the README', () => {
    expect(parseExtraVars('greeting=Mind the step.')).to.deep.equal({ greeting: 'Mind the step.' })
    expect(parseExtraVars('a=x = y')).to.deep.equal({ a: 'x = y' })
    expect(parseExtraVars('a=1 ')).to.deep.equal({ a: '1' })
  })

  it('[fault 14] of a file are refused if Ansible would evaluate them', () => {
    expect(() => parseExtraVars(write('jinja.yml', 'a: 1\nb: [ "{{ a }}" ]\n'))).to.throw(UsageError, /jinja\.yml:2:4: b contains a Jinja expression/)
    expect(parseExtraVars(write('unsafe.yml', 'b: !unsafe "{{ a }}"\n'))).to.deep.equal({ b: '{{ a }}' })
  })

  it('are a JSON object', () => {
    expect(parseExtraVars(' {"a": [1, null], "b": {"c": true}}')).to.deep.equal({ a: [1, null], b: { c: true } })
  })

  it('are read from a file', () => {
    expect(parseExtraVars(write('v.yml', 'a: yes\nb: [x]\n'))).to.deep.equal({ a: true, b: ['x'] })
    expect(parseExtraVars(write('v.json', '{"a": 1}'))).to.deep.equal({ a: 1 })
    expect(parseExtraVars(write('empty.yaml', '# nothing\n'))).to.deep.equal({})
  })

  it('are refused with what is allowed', () => {
    for (const text of ['', ' ', 'a', 'a=1 b c=2', 'a="1" b', '=1', '1a=2', 'a-b=1', 'a="x', "a='x", 'a=\\', '{"a"', '[1]', '@missing.yml', '@missing']) {
      expect(() => parseExtraVars(text), text).to.throw(UsageError)
    }
    expect(() => parseExtraVars(write('list.yml', '- a\n'))).to.throw(UsageError, 'does not contain a mapping')
    expect(() => parseExtraVars(write('v.txt', 'a: 1'))).to.throw(UsageError, 'is not a .yml')
    expect(() => parseExtraVars(write('bad.yml', 'a: 1\nb: [\n'))).to.throw(UsageError, /bad\.yml:\d+:\d+: /)
    expect(() => parseExtraVars(write('list.json', '[1]'))).to.throw(UsageError, 'is not a JSON object')
  })

  it('give back any word that was quoted for a shell', () => {
    const word = fc.string({ unit: 'binary', maxLength: 20 }).filter(text => !text.includes('\0'))
    fc.assert(fc.property(fc.array(word, { maxLength: 5 }), words => {
      expect(splitQuoted(words.map(quote).join(' '))).to.deep.equal(words)
    }))
  })

  it('end for any text, in variables or in a UsageError', () => {
    fc.assert(fc.property(fc.string().filter(text => !text.startsWith('@')), text => {
      try {
        return Object.keys(parseExtraVars(text)).length >= 0
      } catch (error) {
        return error instanceof UsageError
      }
    }))
  })
})
