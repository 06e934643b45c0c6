import { expect } from 'chai'
import fc from 'fast-check'
import { posix } from 'node:path'
import { absolutePath, filePath, nameBelow, plainName } from '../../../lib/module/arguments.ts'

/** Parts that may lead elsewhere, or nowhere, beside any text. */
const part = fc.oneof(fc.constantFrom('.', '..', '', '/', '//', '\0', '\n', ' ', '-', '~', 'x'.repeat(256)), fc.string({ unit: 'binary' }))
const hostile = fc.oneof(part, fc.array(part, { maxLength: 4 }).map(parts => parts.join('/')))

describe('names and paths of arguments', () => {
  for (const [what, schema] of Object.entries({ nameBelow, plainName })) {
    it(`[fault 39] ${what} refuses a name that points outside of its directory, is the directory itself, or cannot be a file`, () => {
      fc.assert(fc.property(hostile, name => {
        const { success, data } = schema.safeParse(name)
        if (!success) return
        expect(data).to.equal(name)
        expect(posix.dirname(posix.resolve('/a/directory', name))).to.equal('/a/directory')
        expect(posix.basename(`/a/directory/${name}`)).to.equal(name)
        expect(name).not.to.match(/[\0\n\r]/)
        expect(Buffer.byteLength(name)).to.be.at.most(255)
      }), { numRuns: 2000 })
      for (const name of ['.', '..', '', '/', 'a/', '/a', 'a/../..', 'a\0', 'a\nb', 'ü'.repeat(128)]) expect(schema.safeParse(name).success, JSON.stringify(name)).to.equal(false)
    })
  }

  it('[fault 39] nameBelow accepts valid file names: spaces, dashes, dots and letters of any script', () => {
    for (const name of ['own', '.env', '...', '-rf', 'a b', 'größe', '日本', '$(x)&', 'a..b']) expect(nameBelow.parse(name)).to.equal(name)
  })

  it('[fault 21] a path is the same with double or trailing slashes, and never contains . or ..', () => {
    fc.assert(fc.property(hostile.map(name => `/${name}`), path => {
      const { success, data } = absolutePath.safeParse(path)
      if (success) expect(data).to.equal(posix.normalize(path).replace(/(.)\/$/, '$1'))
      else expect(path).to.match(/\0|(^|\/)\.\.?(\/|$)/)
    }), { numRuns: 2000 })
  })

  it('[fault 21] the path of a file must not end in a slash, and the message says what that means', () => {
    expect(filePath.parse('/srv//file')).to.equal('/srv/file')
    for (const path of ['/proc/sys/net/ipv4/ip_forward', '//sys/kernel/x']) expect(filePath.safeParse(path).error?.issues[0]?.message).to.contain('must not be below /proc or /sys')
    expect(filePath.safeParse('/procession').success).to.equal(true)
    for (const path of ['/srv/dir/', '/', '/srv//']) expect(filePath.safeParse(path).error?.issues[0]?.message).to.contain('a slash at the end means a directory')
  })
})
