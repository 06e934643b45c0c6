import { expect } from 'chai'
import fc from 'fast-check'
import { parseSpecifiers, satisfies } from '../../../../lib/resources/python/pep440.ts'
import { parseRequirement } from '../../../../lib/resources/python/requirement.ts'
import { RequirementSyntaxError } from '../../../../lib/resources/python/requirement-syntax-error.ts'

const name = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,8}[a-z0-9])?$/).filter(text => !text.includes('--'))
const release = fc.array(fc.nat(30), { minLength: 1, maxLength: 4 }).map(parts => parts.join('.'))
const specifier = fc.record({ operator: fc.constantFrom('==' as const, '!=' as const, '<=' as const, '>=' as const, '<' as const, '>' as const), version: release })
const space = fc.constantFrom('', ' ', '\t')

describe('parseRequirement', () => {
  it('gives back what a requirement was made of, whatever the white space', () => {
    fc.assert(fc.property(name, fc.array(name, { maxLength: 3 }), fc.array(specifier, { maxLength: 3 }), space, (wanted, extras, specifiers, gap) => {
      const clauses = specifiers.map(({ operator, version }) => operator + gap + version).join(`${gap},${gap}`)
      const text = `${gap}${wanted}${gap}${extras.length > 0 ? `[${gap}${extras.join(`${gap},${gap}`)}${gap}]` : ''}${gap}${clauses}${gap};${gap}os_name${gap}==${gap}"x y"`
      expect(parseRequirement(text)).to.deep.equal({
        name: wanted, extras, specifiers, marker: { type: 'compare', variable: 'os_name', operator: '==', text: 'x y', variableFirst: true },
      })
    }))
  })

  it('ends for any text, in a requirement or in a RequirementSyntaxError', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.string().map(text => `a;${text}`), fc.stringMatching(/^a[ ()[\];"'<>=!~a-z0-9.,@]*$/)), text => {
      try {
        return parseRequirement(text).name !== ''
      } catch (error) {
        return error instanceof RequirementSyntaxError
      }
    }))
  })

  it('says where it does not understand', () => {
    expect(() => parseRequirement('jinja2>>3')).to.throw('The requirement "jinja2>>3" has ">>3" where a version specifier, a comma, a semicolon or the end is expected.')
    expect(() => parseRequirement('a; os_name == x')).to.throw('has "x" where a marker variable or a quoted text is expected')
    expect(() => parseRequirement('a[b')).to.throw('has its end where a comma or ] is expected')
    expect(() => parseSpecifiers('>=1,nonsense')).to.throw('where a version specifier is expected')
  })

  it('binds and closer than or', () => {
    const marker = parseRequirement('a; os_name=="a" or os_name=="b" and os_name=="c"').marker
    expect(marker?.type).to.equal('or')
  })
})

describe('satisfies', () => {
  it('holds for a version and itself, and for exactly one of <, ==, >', () => {
    fc.assert(fc.property(release, release, (one, other) => {
      expect(satisfies(one, `==${one}`) && satisfies(one, `<=${one}`) && satisfies(one, `===${one}`) && satisfies(`${one}+local`, `==${one}`)).to.be.true
      expect(['<', '==', '>'].filter(operator => satisfies(one, operator + other))).to.have.length(1)
    }))
  })
})
