import { spawnSync } from 'node:child_process'
import { expect } from 'chai'
import fc from 'fast-check'
import { compareVersions, parseVersion } from '../../../../lib/resources/apt/version.ts'
import { meets, parsePackageSpec } from '../../../../lib/resources/apt/package-spec.ts'

/** What dpkg itself says, of many pairs by one shell: -1, 0 or 1 for each. */
function dpkgSays(pairs: readonly (readonly [string, string])[]): number[] {
  const script = 'while read -r a b; do if dpkg --compare-versions "$a" lt "$b"; then echo -1; elif dpkg --compare-versions "$a" eq "$b"; then echo 0; else echo 1; fi; done'
  const { stdout } = spawnSync('sh', ['-c', script], { input: pairs.map(pair => pair.join(' ') + '\n').join(''), encoding: 'utf8' })
  return stdout.trim().split('\n').map(Number)
}

const word = fc.string({ unit: fc.constantFrom('0', '1', '2', '10', '9', '.', '+', '~', 'a', 'b', 'Z', 'rc'), maxLength: 6 })
const version = fc.tuple(fc.constantFrom('', '', '0:', '1:'), fc.constantFrom('0', '1', '2', '12'), word, fc.constantFrom('', '-1', '-0', '-1~bpo12+1', '-1+b2', '-a', '-1-2'))
  .map(([epoch, first, rest, revision]) => `${epoch}${first}${rest}${revision}`)

describe('versions of Debian packages', () => {
  it('are ordered as dpkg --compare-versions orders them', function () {
    this.timeout(240_000)
    const known: [string, string][] = [
      ['1.0~rc1', '1.0'], ['1.0', '1.0-0'], ['1.0', '1.0+b1'], ['1:0.1', '2.0'], ['0:1', '1'], ['1.0.0', '1.0'], ['007', '7'], ['1.0a', '1.0+'],
      ['1.0~~', '1.0~~a'], ['1-1-2', '1-1'], ['2.1.3+dfsg1-4+deb12u1', '2.1.3+dfsg1-4'], ['99999999999999999999', '99999999999999999998'],
    ]
    const pairs = [...known, ...fc.sample(fc.tuple(version, version), { numRuns: 600, seed: 4 }), ...fc.sample(version, { numRuns: 50, seed: 5 }).map((one): [string, string] => [one, one])]
    const expected = dpkgSays(pairs)
    expect(expected.length).to.equal(pairs.length)
    pairs.forEach(([one, other], index) => expect(compareVersions(one, other), `${one} and ${other}`).to.equal(expected[index]))
  })

  it('are ordered the other way round when compared the other way round', () => {
    fc.assert(fc.property(version, version, (one, other) => compareVersions(one, other) === -compareVersions(other, one) || compareVersions(one, other) === 0))
  })

  it('have an epoch, an upstream version and a revision after the last hyphen', () => {
    expect(parseVersion('2:1.0-1-3')).to.deep.equal({ epoch: 2, upstream: '1.0-1', revision: '3' })
    for (const text of ['', '-1', 'a b', '1_0']) expect(() => parseVersion(text), text).to.throw(RangeError)
  })
})

describe('a requested package', () => {
  const met = (text: string, version: string): boolean => {
    const spec = parsePackageSpec(text)
    return spec !== undefined && meets(spec, version)
  }

  it('is written foo, foo=1.0, foo=1.0.*, foo>=1.0 or foo:arm64, and nothing else', () => {
    expect(parsePackageSpec('foo:arm64=1.0-1')).to.deep.equal({ name: 'foo', architecture: 'arm64', operator: '=', version: '1.0-1' })
    for (const text of ['', 'f', 'Foo', '-foo', 'foo bar', 'foo=', 'foo>=1.*', 'foo;id', 'foo/testing', 'foo==1']) expect(parsePackageSpec(text), text).to.equal(undefined)
  })

  it('[apt 7] compares versions, not their spelling', () => {
    expect(met('foo', '7')).to.equal(true)
    expect(met('foo=1.0.0', '1.0.0')).to.equal(true)
    expect(met('foo=1.0', '1.0-0')).to.equal(true)
    expect(met('foo=1.0.*', '1.0.1')).to.equal(true)
    expect(met('foo=1.0.*', '1.00.1')).to.equal(false)
    expect(met('foo=1.0.*', '11010.1')).to.equal(false)
    expect(met('foo>=1.9', '1.10')).to.equal(true)
    expect(met('foo>=1.0', '1.0~rc1')).to.equal(false)
  })
})
