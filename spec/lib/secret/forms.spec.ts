import { expect } from 'chai'
import { base64Pieces, formsOf } from '../../../lib/secret/forms.ts'

describe('the forms of a secret', () => {
  it('are what programs make of it when they encode or quote it once', () => {
    const forms: [value: string, form: string][] = [
      ['as it is', 'as it is'],
      // JSON, once and twice; as Python and PHP write it.
      ['a"b', 'a\\"b'], ['a"b', 'a\\\\\\"b'], ['aüb', 'a\\u00fcb'], ['a\u007fb', 'a\\u007fb'], ['a€b', 'a\\u20acb'], ['a\uffffb', 'a\\uffffb'], ['a/b', 'a\\/b'],
      // base64 in either alphabet, and as a piece of a longer text.
      ['>>>???', 'Pj4+Pz8/'], ['>>>???', 'Pj4-Pz8_'], ['hunter22', 'aHVudGVyMjI='], ['hunter22', 'aHVudGVyMjI'], ['hunter22', 'h1bnRlcjIy'], ['x>>>???', 'eD4-Pj8_P'],
      // URLs: all of it, as a path, as JavaScript does, as a form; either case.
      ['a/b c\u0007', 'a%2Fb%20c%07'], ['a/b c\u0007', 'a%2fb%20c%07'], ['a/b c\u0007', 'a/b%20c%07'], ['a/b c\u0007', 'a%2Fb+c%07'], ['a/b c\u0007', 'a/b+c%07'], ['a/b ü', 'a/b%20%c3%bc'], ['ü', '%C3%BC'],
      ["!'()*~._-", '%21%27%28%29%2A~._-'], ["!'()*~._-", "!'()*~._-"], ["/!'", "%2F!'"], ["/!'", "%2f!'"], ['Az09', 'Az09'],
      // Shells, SQL, CSV, configuration files.
      ["a'b'", "a'\\''b'\\''"], ["a'b'", `a'"'"'b'"'"'`], ["a'b'", "a''b''"], ['a"b"', 'a""b""'], ['a b$c', 'a\\ b\\$c'], ['a_b@c%d+e=f:g,h.i/j-k', 'a_b@c%d+e=f:g,h.i/j-k'], ['a\\b"c\n', 'a\\\\b\\"c\n'],
      // XML and HTML.
      ['a&b&<<>>"\'"\'', 'a&amp;b&amp;&lt;&lt;&gt;&gt;"\'"\''], ['a&b&<<>>"\'"\'', 'a&amp;b&amp;&lt;&lt;&gt;&gt;&quot;&#39;&quot;&#39;'],
      // Hexadecimal digits.
      ['jklm', '6a6b6c6d'], ['jklm', '6A6B6C6D'],
    ]
    for (const [value, form] of forms) expect(formsOf(value), value).to.include(form)
  })

  it('leave out what a short one would have in common with other texts', () => {
    expect(formsOf('abc')).to.not.include('616263')
    expect([...new Set(formsOf('abc'))]).to.deep.equal(['abc', 'YWJj'])
  })
})

describe('the pieces of a base64 text that a value decides', () => {
  it('are found with none, one or two bytes of others before it', () => {
    expect(base64Pieces('hunter22')).to.deep.equal(['aHVudGVyMj', 'h1bnRlcjIy', 'odW50ZXIyM'])
    expect(base64Pieces('hunter2')).to.deep.equal(['aHVudGVyM', 'h1bnRlcj', 'odW50ZXIy'])
  })

  it('are left out where they have less than 8 characters, which occur by chance', () => {
    expect(base64Pieces('abcdef')).to.deep.equal(['YWJjZGVm'])
    expect(base64Pieces('abcde')).to.deep.equal([])
  })
})
