import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { z } from 'zod'
import { holds } from '../../../../lib/resources/python/marker.ts'
import { normalizeName } from '../../../../lib/resources/python/normalize-name.ts'
import { parseSpecifiers, satisfies } from '../../../../lib/resources/python/pep440.ts'
import { parseRequirement } from '../../../../lib/resources/python/requirement.ts'
import { RequirementSyntaxError } from '../../../../lib/resources/python/requirement-syntax-error.ts'

// What Python's own `packaging` answers (26.3 of PyPI), captured by capture-packaging.py beside this file.
const table = z.object({
  versions: z.array(z.string()),
  satisfies: z.record(z.string(), z.array(z.string())),
  invalidSpecifiers: z.array(z.string()),
  environment: z.object({
    python_version: z.string(), python_full_version: z.string(), os_name: z.string(), sys_platform: z.string(), platform_machine: z.string(),
    platform_system: z.string(), platform_release: z.string(), platform_version: z.string(), implementation_name: z.string(),
    implementation_version: z.string(), platform_python_implementation: z.string(), extra: z.string(),
  }),
  markers: z.record(z.string(), z.boolean()),
  extraMarkers: z.array(z.tuple([z.string(), z.string(), z.boolean()])),
  requirements: z.record(z.string(), z.object({
    name: z.string(), extras: z.array(z.string()), url: z.string().nullable(), specifiers: z.array(z.string()), marker: z.boolean(),
  }).nullable()),
  names: z.record(z.string(), z.string()),
}).parse(JSON.parse(readFileSync(new URL('packaging.json', import.meta.url), 'utf8')))

function evaluate(marker: string, extra: string): boolean {
  const parsed = parseRequirement(`a; ${marker}`).marker
  return parsed !== undefined && holds(parsed, { ...table.environment, extra })
}

describe('[pip 5] like Python\'s own packaging, what is made of specifiers and markers', () => {
  for (const [specifier, versions] of Object.entries(table.satisfies)) {
    it(`${JSON.stringify(specifier)} is satisfied by the same of ${table.versions.length} versions`, () => {
      expect(table.versions.filter(version => satisfies(version, specifier))).to.deep.equal(versions)
    })
  }

  it('refuses the same specifiers', () => {
    expect(table.invalidSpecifiers.length).to.be.greaterThan(10)
    for (const text of table.invalidSpecifiers) expect(() => parseSpecifiers(text), text).to.throw(RequirementSyntaxError)
  })

  it('evaluates markers to the same', () => {
    for (const [marker, expected] of Object.entries(table.markers)) expect(evaluate(marker, ''), marker).to.equal(expected)
    for (const [marker, extra, expected] of table.extraMarkers) expect(evaluate(marker, extra), marker).to.equal(expected)
  })

  it('reads and refuses the same requirements', () => {
    for (const [text, expected] of Object.entries(table.requirements)) {
      if (expected === null) {
        expect(() => parseRequirement(text), text).to.throw(RequirementSyntaxError)
        continue
      }
      const { name, extras, specifiers, url, marker } = parseRequirement(text)
      const read = {
        name, extras: extras.sort(), url: url ?? null, marker: marker !== undefined,
        specifiers: specifiers.map(({ operator, version }) => operator + version).sort(),
      }
      expect(read, text).to.deep.equal(expected)
    }
  })

  it('[pip 1] normalizes names to the same', () => {
    for (const [name, expected] of Object.entries(table.names)) expect(normalizeName(name)).to.equal(expected)
  })
})
