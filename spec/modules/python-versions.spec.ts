import { expect } from 'chai'
import fc from 'fast-check'
import { z } from 'zod'
import { normalizeName } from '../../lib/resources/python/normalize-name.ts'
import { satisfies } from '../../lib/resources/python/pep440.ts'
import { parseRequirement } from '../../lib/resources/python/requirement.ts'
import { RequirementSyntaxError } from '../../lib/resources/python/requirement-syntax-error.ts'
import { apt } from '../../modules/apt.ts'
import { pipVenv } from '../../modules/pip-venv.ts'
import { dropHost, labHost, type SpecHost } from '../helpers/module-host.ts'

const name = 'spec-cases-python'

/** Asks `packaging`, the library that pip itself decides by. Takes JSON, and gives JSON. */
const program = `
import json, sys
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
def requirement(text):
    try: r = Requirement(text)
    except InvalidRequirement: return None
    return [canonicalize_name(r.name), sorted(canonicalize_name(e) for e in r.extras), sorted(str(s).replace(' ', '') for s in r.specifier)]
given = json.load(sys.stdin)
print(json.dumps({
    'satisfied': [SpecifierSet(s).contains(v, prereleases=True) for v, s in given['pairs']],
    'names': [canonicalize_name(n) for n in given['names']],
    'requirements': [requirement(r) for r in given['requirements']],
}))
`
const answer = z.object({ satisfied: z.array(z.boolean()), names: z.array(z.string()), requirements: z.array(z.tuple([z.string(), z.array(z.string()), z.array(z.string())]).nullable()) })

const number = fc.constantFrom('0', '1', '2', '9', '10', '2024')
const release = fc.array(number, { minLength: 1, maxLength: 4 }).map(parts => parts.join('.'))
const suffix = fc.tuple(fc.constantFrom('', '', '', 'a1', 'b0', 'rc2', '-alpha', '.c3', '_preview_1'), fc.constantFrom('', '', '', '.post1', '-2', '.rev', '.post0'), fc.constantFrom('', '', '', '.dev0', '.dev3', 'dev'))
const bare = fc.tuple(fc.constantFrom('', '', '', '0!', '1!'), release, suffix).map(([epoch, numbers, rest]) => epoch + numbers + rest.join(''))
const version = fc.tuple(fc.constantFrom('', '', 'v'), bare, fc.constantFrom('', '', '+cpu', '+cpu.2', '+1.0', '+Ubuntu-1')).map(parts => parts.join(''))
const specifier = fc.oneof(
  fc.tuple(fc.constantFrom('==', '!=', '<=', '>=', '<', '>'), bare).map(parts => parts.join('')),
  fc.tuple(fc.constantFrom('==', '!='), fc.constantFrom('', '1!'), release).map(([operator, epoch, numbers]) => `${operator}${epoch}${numbers}.*`),
  fc.tuple(fc.constantFrom('==', '!='), version).map(parts => parts.join('')),
  fc.tuple(release, number, fc.constantFrom('', 'a1', '.post1')).map(([numbers, last, rest]) => `~=${numbers}.${last}${rest}`),
  version.map(text => `===${text}`),
)
const specifiers = fc.array(specifier, { minLength: 1, maxLength: 2 }).map(parts => parts.join(','))
const projectName = fc.tuple(fc.constantFrom('a', 'Z', '0'), fc.string({ unit: fc.constantFrom(...'aB0-_.'), maxLength: 8 }), fc.constantFrom('a', '9')).map(parts => parts.join(''))
const requirement = fc.tuple(projectName, fc.constantFrom('', ' ', '[x]', '[X_y, z]', '[]', '[,]', '[x', ' ]'), fc.oneof(specifiers, specifiers.map(text => ` ( ${text} )`), fc.constantFrom('', '=1', '>=x', '==1.*.*', ' >=1 ,<2')), fc.constantFrom('', ' ', '; os_name == "x"', ' ;python_version<"3"', '; x', ';')).map(parts => parts.join(''))

describe('versions and names of Python', function () {
  this.timeout(180_000)
  let host: SpecHost
  before(async () => {
    host = await labHost(name)
    // Debian's own is older, and wrong about epochs.
    await host.apply([apt({ packages: ['python3-venv'] }), pipVenv({ path: '/opt/packaging', packages: ['packaging>=26'] })])
  })
  after(() => dropHost(name))

  it('[pip 1, pip 5] mean the same as in the library packaging, which pip uses (property)', async () => {
    const pairs = fc.sample(fc.tuple(version, specifiers), { numRuns: 3000, seed: 440 })
    const names = fc.sample(projectName, { numRuns: 200, seed: 503 })
    const requirements = fc.sample(requirement, { numRuns: 600, seed: 508 })
    const found = answer.parse(JSON.parse(await host.sh(`/opt/packaging/bin/python3 -c '${program.replaceAll("'", `'\\''`)}'`, Buffer.from(JSON.stringify({ pairs, names, requirements })))))
    expect(found.satisfied.filter(Boolean).length, 'pairs that fit').to.be.within(300, 2700)
    pairs.forEach(([text, wanted], index) => expect(satisfies(text, wanted), `${text} and ${wanted}`).to.equal(found.satisfied[index]))
    names.forEach((text, index) => expect(normalizeName(text), text).to.equal(found.names[index]))
    expect(found.requirements.filter(each => each === null).length, 'refused requirements').to.be.within(60, 540)
    requirements.forEach((text, index) => expect(read(text), text).to.deep.equal(found.requirements[index]))
  })
})

function read(text: string): [string, string[], string[]] | null {
  try {
    const { name: project, extras, specifiers: clauses } = parseRequirement(text)
    return [project, [...new Set(extras)].sort(), [...new Set(clauses.map(({ operator, version: wanted }) => operator + wanted))].sort()]
  } catch (error) {
    if (error instanceof RequirementSyntaxError) return null
    throw error
  }
}
