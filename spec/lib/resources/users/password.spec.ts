import { expect } from 'chai'
import fc from 'fast-check'
import { isPasswordHash, lockWanted } from '../../../../lib/resources/users/password.ts'
import { Content } from '../../../../lib/state/content.ts'

const chars = (count: number) => 'a'.repeat(count)
const hash = Content.of(`$6$salt$${chars(86)}`)
const none = Content.of('*')

describe('the password of a user', () => {
  it('is a hash of every method of crypt(5), or a mark for none', () => {
    for (const good of ['*', '!', `$y$j9T$salt$${chars(43)}`, `$gy$j9T$salt$${chars(43)}`, `$7$DU..../....salt$${chars(43)}`, `$6$salt$${chars(86)}`, `$6$rounds=5000$salt$${chars(86)}`, `$5$salt$${chars(43)}`, `$2b$12$${chars(53)}`, `$1$salt$${chars(22)}`, chars(13)]) {
      expect([good, isPasswordHash(good)]).to.deep.equal([good, true])
    }
  })

  it('is never taken from text that is no hash, or could end its field or its line', () => {
    for (const bad of ['', 'open sesame', '**', '!!', `$6$salt$${chars(85)}`, `$5$salt$${chars(86)}`, `$9$salt$${chars(43)}`, `$6$salt$${chars(86)}:`, `$6$salt$${chars(86)}\n`, `x\n$6$salt$${chars(86)}`, `$6$a:b$${chars(86)}`]) {
      expect([bad, isPasswordHash(bad)]).to.deep.equal([bad, false])
    }
    fc.assert(fc.property(fc.string(), fc.constantFrom(':', '\n', ' '), fc.string(), (before, odd, after) => !isPasswordHash(`${before}${odd}${after}`)))
  })

  it('keeps its lock where that disables a hash, and loses it where there is none to disable', () => {
    expect(lockWanted(undefined, { locked: true, password: hash }, Content.of(`$5$salt$${chars(43)}`)), 'a new hash of a locked user').to.equal(undefined)
    expect(lockWanted(undefined, { locked: true, password: none }, hash), 'a hash for a user who had none').to.equal(false)
    expect(lockWanted(undefined, { locked: true, password: hash }, none), 'a hash is removed').to.equal(false)
    expect(lockWanted(undefined, { locked: false, password: hash }, none)).to.equal(undefined)
    expect(lockWanted(undefined, null, hash), 'a new user').to.equal(undefined)
    expect(lockWanted(undefined, { locked: true, password: none }, undefined), 'the password stays').to.equal(undefined)
  })

  it('is locked if that is requested, and always where it is empty', () => {
    for (const requested of [true, false]) expect(lockWanted(requested, { locked: !requested, password: hash }, hash)).to.equal(requested)
    for (const requested of [true, false, undefined]) expect(lockWanted(requested, null, Content.of(''))).to.equal(true)
  })
})
