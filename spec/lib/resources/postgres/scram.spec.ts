import { expect } from 'chai'
import fc from 'fast-check'
import { prepared } from '../../../../lib/resources/postgres/saslprep.ts'
import { isVerifierOf, passwordForm, scramVerifier, storedForm } from '../../../../lib/resources/postgres/scram.ts'
import { secret } from '../../../../lib/secret/secret.ts'
import { sqlLiteral } from '../../../../lib/resources/postgres/psql.ts'
import { sql } from '../../../helpers/postgres-host.ts'

/** Captured from a PostgreSQL 15: `ALTER ROLE … PASSWORD 'IX'`. */
const verifierOfIX = 'SCRAM-SHA-256$4096:diRuymTVf3+cDs1qZON79g==$i1yofL5u52WpNXoMkNrm2MwYdAa+sH079OjThhaY+j8=:8TCkx3YLznwQv99RFyZ0rvmmCasFGsJ0r8MfsMHpejA='

const fits = (password: string, stored: string) => isVerifierOf(stored, password)

/** Text as people and attackers make it: any character, with the troublesome ones often. */
const odd = fc.constantFrom('\u00AD', '\u200B', '\u00A0', '\u2003', '\u0340', '\u037A', 'ª', 'Ⅸ', 'ﬁ', '\u05D0', '\u0627', '1', 'a', 'é', 'e\u0301', '\u{1D4C1}', '℀', '\u0221', '\u{1F600}', "'", '"', '\\', '$', '%', ' ', '\n', '\u0007', '\uFEFF', '가', '\u206A')
const password = fc.array(fc.oneof(odd, fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter(text => text !== '\0' && !/\p{Surrogate}/u.test(text))), { minLength: 1, maxLength: 8 }).map(parts => parts.join(''))

describe('verifiers of passwords', () => {
  it('[role 2] a password matches its verifier after SASLprep, whatever that removes', async () => {
    expect(await fits('IX', verifierOfIX)).to.equal(true)
    expect(await fits('I\u00ADX', verifierOfIX)).to.equal(true)
    expect(await fits('\u2168', verifierOfIX)).to.equal(true)
    expect(await fits('ix', verifierOfIX)).to.equal(false)
  })

  it('[role 2] a password that SASLprep refuses is used unchanged, as on the server', async () => {
    for (const refused of ['é\u0007', '\u05D0a', '\u0221', '\u00AD', '\u{1D4C1}', '\u0340', 'a\uFFFD']) expect(await prepared(refused)).to.equal(refused)
    for (const [given, result] of [['user', 'user'], ['USER', 'USER'], ['\u00AA', 'a'], ['a\u00A0b', 'a b'], ['\u05D01\u05D0', '\u05D01\u05D0'], ['a\u0007', 'a\u0007']] as const) expect(await prepared(given)).to.equal(result)
  })

  it('has a new salt each time', async () => {
    expect(await scramVerifier('one')).not.to.equal(await scramVerifier('one'))
  })

  it('[role 4] distinguishes hashes, passwords and text that only starts like a hash', () => {
    expect(passwordForm(verifierOfIX)).to.equal('scram')
    expect(passwordForm('md5' + '0123456789abcdef'.repeat(2))).to.equal('md5')
    for (const bad of ['SCRAM-SHA-256$bad', 'md5', 'md5' + '0'.repeat(31), 'MD5' + '0'.repeat(32), 'md5' + 'ABCDEF01'.repeat(4), verifierOfIX.slice(0, -1), verifierOfIX.replace('4096', 'x')]) expect(passwordForm(bad), bad).to.equal('malformed')
    for (const clear of ['md5isbroken', 'SCRAM-SHA-256', 'hunter22', ' md5']) expect(passwordForm(clear), clear).to.equal('clear')
  })

  it('[role 3] an md5 hash is replaced if the password is given in clear text, and kept if the hash itself is given', async () => {
    const md5 = `md5${'0'.repeat(32)}`
    expect((await storedForm(secret('a password of scram.spec'), md5))?.bytes?.toString()).to.match(/^SCRAM-SHA-256\$4096:/)
    expect((await storedForm(secret(md5), md5))?.bytes?.toString()).to.equal(md5)
  })

  it('an empty password is none', async () => expect(await storedForm(secret(''), verifierOfIX)).to.equal(undefined))

  it('any password fits the verifier that PostgreSQL itself makes of it (property)', async () => {
    const samples = fc.sample(password, { numRuns: 300, seed: 20 }).filter(text => passwordForm(text) === 'clear')
    const made = await sql(['begin;', 'create role scram_try;',
      ...samples.map(text => `alter role scram_try password ${sqlLiteral(text)}; select rolpassword from pg_authid where rolname = 'scram_try';`), 'rollback;'].join('\n'))
    const verifiers = made.split('\n')
    expect(verifiers).to.have.length(samples.length)
    for (const [index, stored] of verifiers.entries()) expect(await fits(samples[index] ?? '', stored), JSON.stringify(samples[index])).to.equal(true)
  }).timeout(240_000)

  it('a verifier is taken by PostgreSQL as it is (property)', async () => {
    const samples = fc.sample(password, { numRuns: 20, seed: 21 })
    const verifiers = await Promise.all(samples.map(text => scramVerifier(text)))
    const stored = await sql(['begin;', 'create role scram_try;', ...verifiers.map(text => `alter role scram_try password '${text}'; select rolpassword from pg_authid where rolname = 'scram_try';`), 'rollback;'].join('\n'))
    expect(stored.split('\n')).to.deep.equal(verifiers)
  }).timeout(180_000)
})
