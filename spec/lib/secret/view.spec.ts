import { expect } from 'chai'
import { decoded, plainView, stripped, undoubled, type View } from '../../../lib/secret/view.ts'

/** A text as one character a byte. */
const bytes = (text: string): string => Buffer.from(text).toString('latin1')
const plain = ({ text, begin, end }: View) => ({ text, begin: [...begin], end: [...end] })
const decode = (text: string): string => decoded(plainView(text)).text
const strip = (text: string, also = ''): string => stripped(plainView(text), also).text

describe('a text with characters written by their numbers', () => {
  it('is read with the characters in their place', () => {
    const read: Record<string, string> = {
      'a%41%c3%BCb': bytes('aAüb'), '\\u0041': 'A', '\\u00FC': bytes('ü'), '\\x41': 'A', '\\xFf': '\xff', '\\101': 'A', '\\377': '\xff',
      '\\ud83d\\ude00': bytes('😀'), '\\\\ud83d\\\\ude00': bytes('😀'), '&#65;': 'A', '&#x41;': 'A', '&#8364;': bytes('€'), '&#x10FFFF;': bytes('\u{10ffff}'), '&#1114111;': bytes('\u{10ffff}'),
      '&amp;&lt;&gt;&quot;&apos;': '&<>"\'', '&AMP;&Lt;': '&<',
    }
    for (const [written, text] of Object.entries(read)) expect(decode(written), written).to.equal(text)
  })

  it('stays as it is where there is no such character', () => {
    expect(decode('&#x0041;&#0000065;')).to.equal('AA')
    for (const text of ['', 'plain', '%4', '%zz', '\\u004', '\\x4', '\\400', '\\18', '&#;', '&nbsp;', '&amp', '&#12345678;']) expect(decode(text), text).to.equal(text)
    for (const text of ['&#1114112;', '&#x110000;']) expect(decode(`a${text}b`), text).to.equal('ab')
  })

  it('is read through up to eight backslashes, as many as quoting three times makes of one', () => {
    for (const code of ['u0041', 'x41', '101']) {
      expect(decode(`${'\\'.repeat(8)}${code}`), code).to.equal('A')
      expect(decode(`${'\\'.repeat(9)}${code}`), code).to.equal('\\A')
    }
  })

  it('is read through up to four layers of encoding', () => {
    expect(decode('%2541')).to.equal('A')
    expect(decode('%25252541')).to.equal('A')
    expect(decode('%2525252541')).to.equal('%41')
    expect(decode('&amp;amp;#65;')).to.equal('A')
  })

  it('tells of each character where its number begins and ends, also through layers', () => {
    expect(plain(plainView('ab'))).to.deep.equal({ text: 'ab', begin: [0, 1], end: [1, 2] })
    expect(plain(decoded(plainView('x%41y')))).to.deep.equal({ text: 'xAy', begin: [0, 1, 4], end: [1, 4, 5] })
    expect(plain(decoded(plainView('\\u00fc!')))).to.deep.equal({ text: bytes('ü!'), begin: [0, 0, 6], end: [6, 6, 7] })
    expect(plain(decoded(plainView('a%2541b%42')))).to.deep.equal({ text: 'aAbB', begin: [0, 1, 6, 7], end: [1, 6, 7, 10] })
  })
})

describe('a text with doubled percents', () => {
  it('is read with one in the place of two, and tells where both are', () => {
    expect(plain(undoubled(plainView('a%%41b')))).to.deep.equal({ text: 'a%41b', begin: [0, 1, 3, 4, 5], end: [1, 3, 4, 5, 6] })
    expect(undoubled(plainView('%%%%%')).text).to.equal('%%%')
    expect(plain(undoubled(plainView('a%41')))).to.deep.equal(plain(plainView('a%41')))
  })
})

describe('a text without what quoting and line breaks put in', () => {
  it('has no blanks, control characters, quotes, dollars, percents and backslashes', () => {
    expect(strip('a b\tc\nd\r\ne\u0000f\u001fg\u007fh')).to.equal('abcdefgh')
    expect(strip('\'a\'"b"$c%d')).to.equal('abcd')
    expect(strip('!~\u0080\u00ff#&*')).to.equal('!~\u0080\u00ff#&*')
  })

  it('has no letter of a control character behind backslashes, however many they are', () => {
    for (const letter of 'abefnrtvE') for (const slashes of ['\\', '\\\\', '\\\\\\\\']) expect(strip(`1${slashes}${letter}2`), slashes + letter).to.equal('12')
    for (const letter of 'cdgxN0') for (const slashes of ['\\', '\\\\']) expect(strip(`1${slashes}${letter}2`), slashes + letter).to.equal(`1${letter}2`)
    expect(strip('1\\')).to.equal('1')
  })

  it('lacks the characters that are named besides', () => {
    expect(strip('a+b:c', '+')).to.equal('ab:c')
    expect(strip('a+b:c', ':+')).to.equal('abc')
    expect(strip('a+b:c')).to.equal('a+b:c')
  })

  it('tells where in the source its characters are', () => {
    expect(plain(stripped(plainView('a "b"'), ''))).to.deep.equal({ text: 'ab', begin: [0, 3], end: [1, 4] })
    expect(plain(stripped(decoded(plainView('%41 %42')), ''))).to.deep.equal({ text: 'AB', begin: [0, 4], end: [3, 7] })
  })
})
