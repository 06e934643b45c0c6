import { expect } from 'chai'
import fc from 'fast-check'
import { type Distribution, problems } from '../../../../lib/resources/python/closure.ts'
import { RequirementSyntaxError } from '../../../../lib/resources/python/requirement-syntax-error.ts'

const environment = {
  python_version: '3.11', python_full_version: '3.11.2', os_name: 'posix', sys_platform: 'linux', platform_machine: 'x86_64', platform_system: 'Linux',
  platform_release: '6.1.0', platform_version: '', implementation_name: 'cpython', platform_python_implementation: 'CPython',
}

const distribution = (name: string, version: string, ...requires: string[]): Distribution => ({ name, version, requires })
const check = (installed: Distribution[], ...wanted: string[]): string[] => problems(installed, environment, wanted)

describe('problems of installed distributions', () => {
  const synapse = distribution('matrix-synapse', '1.162.0', 'jinja2>=3.0', 'psycopg2>=2.8; platform_python_implementation != "PyPy" and extra == "postgres"',
    'tomli; python_version < "3.11"')

  it('are none when everything is met', () => {
    expect(check([synapse, distribution('Jinja2', '3.1.2')], 'matrix_synapse>=1.160', 'JINJA2')).to.deep.equal([])
    expect(check([])).to.deep.equal([])
  })

  it('say which version does not satisfy what', () => {
    expect(check([synapse, distribution('Jinja2', '2.11')], 'matrix-synapse==1.163.2')).to.deep.equal([
      'matrix-synapse 1.162.0 does not satisfy ==1.163.2',
      'jinja2 2.11 does not satisfy >=3.0 (needed by matrix-synapse)',
    ])
  })

  it('[fault 38] are not caused by a constraint whose marker does not apply', () => {
    const constrained = (line: string) => problems([distribution('a', '2.0')], environment, ['a'], [line])
    expect(constrained('a<2; python_version < "3.11"')).to.deep.equal([])
    expect(constrained('a<2; python_version >= "3.11"')).to.deep.equal(['a 2.0 does not satisfy <2 (a constraint)'])
    expect(constrained('a<2; extra == "x"')).to.deep.equal([])
  })

  it('say what is missing, and who needs it', () => {
    expect(check([synapse], 'matrix-synapse', 'uv')).to.deep.equal(['uv is missing', 'jinja2 is missing (needed by matrix-synapse)'])
  })

  it('[fault 38] are not caused by constraints and requirements for another Python or another system', () => {
    const old = [distribution('jinja2', '2.11')]
    const constrained = (constraint: string) => problems(old, environment, ['jinja2'], [constraint])
    expect(constrained('jinja2>=3; python_version < "3.11"')).to.deep.equal([])
    expect(constrained('jinja2>=3; python_version >= "3.11"')).to.deep.equal(['jinja2 2.11 does not satisfy >=3 (a constraint)'])
    expect(constrained('jinja2>=3; extra == "tests"')).to.deep.equal([])
    expect(constrained('uv>=9')).to.deep.equal([])
    expect(check(old, 'uv; sys_platform == "win32"', 'tomli; sys_platform == "linux"')).to.deep.equal(['tomli is missing'])
  })

  it('follow extras, also of a distribution that was visited before without them', () => {
    const installed = [synapse, distribution('jinja2', '3.1')]
    expect(check(installed, 'matrix-synapse')).to.deep.equal([])
    expect(check(installed, 'matrix-synapse', 'matrix-synapse[Postgres]')).to.deep.equal(['psycopg2 is missing (needed by matrix-synapse)'])
    expect(check([...installed, distribution('psycopg2', '2.9.5')], 'matrix-synapse[postgres]')).to.deep.equal([])
  })

  it('walk extras that extras want, through the distribution itself too', () => {
    const installed = [distribution('a', '1', 'a[deep]; extra == "all"', 'b[x]; extra == "deep"'), distribution('b', '1', 'c; extra == "x"', 'd; extra == "y"')]
    expect(check(installed, 'a[all]')).to.deep.equal(['c is missing (needed by b)'])
  })

  it('end in a cycle', () => {
    expect(check([distribution('a', '1', 'b'), distribution('b', '1', 'a>=2')], 'a')).to.deep.equal(['a 1 does not satisfy >=2 (needed by b)'])
  })

  it('follow markers of requirements', () => {
    expect(check([], 'a; python_version < "3"', 'b; extra == "x"')).to.deep.equal([])
  })

  it('take any version for a URL, the first of two that have one name, and pre-releases as they are', () => {
    expect(check([distribution('a', '1')], 'a @ https://example.org/a.zip')).to.deep.equal([])
    expect(check([], 'a @ https://example.org/a.zip')).to.deep.equal(['a is missing'])
    expect(check([distribution('a', '2'), distribution('A', '1')], 'a==2')).to.deep.equal([])
    expect(check([distribution('a', '1.5rc1')], 'a>=1.4,<2')).to.deep.equal([])
  })

  it('skip an invalid line of an installed distribution, but not of the playbook', () => {
    expect(check([distribution('a', '1', 'b >> 1', '')], 'a')).to.deep.equal([])
    expect(() => check([], 'b >> 1')).to.throw(RequirementSyntaxError, 'has ">> 1"')
  })

  it('end for any graph, and name only what a requirement names', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd')
    const requirement = fc.tuple(name, fc.constantFrom('', '[x]', '[x,y]'), fc.constantFrom('', '>=1', '<1'), fc.constantFrom('', '; extra == "x"', '; extra == "y"')).map(parts => parts.join(''))
    const graph = fc.array(fc.record({ name, version: fc.constantFrom('0.5', '1', '2'), requires: fc.array(requirement, { maxLength: 4 }) }), { maxLength: 6 })
    fc.assert(fc.property(graph, fc.array(requirement, { maxLength: 3 }), (installed, wanted) => {
      for (const problem of check(installed, ...wanted)) expect(problem).to.match(/^[a-d] (?:is missing|(?:0\.5|1|2) does not satisfy (?:>=1|<1))(?: \(needed by [a-d]\))?$/)
    }))
  })
})
