import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import { bytesOf } from '../../helpers/bytes-of.ts'
import { caseFolder, loadResources, parseCase, writingOf, type CaseValues, type NamedResource, type ReadingCase, type WritingCase } from '../../helpers/recorded-case.ts'

const cases = readdirSync(caseFolder).flatMap(kind => readdirSync(path.join(caseFolder, kind)).filter(file => file.endsWith('.json')).map(file => {
  const parsed = parseCase(JSON.parse(readFileSync(path.join(caseFolder, kind, file), 'utf8')))
  const { resource, edge } = 'reading' in parsed ? parsed.reading : parsed.writing
  return { kind, resource, title: `${edge ? `[${edge.join(', ')}] ` : ''}${kind}: ${path.parse(file).name.replaceAll('-', ' ')}`, ...parsed }
}))

/** What cannot happen to a resource; of all else it has a case, and of this it has none. */
const never: Readonly<Record<string, readonly Situation[]>> = {
  // Written without looking at what was: there is always something, or it is an event.
  aptResource: ['made', 'removed'], hostnameResource: ['made', 'removed'], onionClientsResource: ['made', 'removed'], packageHoldResource: ['made', 'removed'], postgresPrivilegesResource: ['made', 'removed'],
  treeResource: ['made', 'removed'], unitMaskResource: ['made', 'removed'], unitEventResource: ['made', 'removed'], unitWaitResource: ['made', 'removed'], waitResource: ['made', 'removed'],
  // Never taken away.
  commandResultResource: ['mended', 'removed'], commandRunResource: ['mended', 'removed'], debResource: ['removed'], debconfResource: ['removed'], sysctlResource: ['removed'], onionAddressResource: ['mended', 'removed'],
  onionDirectoryResource: ['made'], onionKeyResource: ['removed'], packageListsResource: ['removed'], unitResource: ['removed'], archiveResource: ['removed'],
  // Only read.
  commandOutputResource: ['mended', 'removed'], needResource: ['mended', 'removed'], accountNumberResource: ['mended', 'removed'], packageCandidateResource: ['mended', 'removed'], postgresAvailableResource: ['mended', 'removed'], postgresTimeResource: ['mended', 'removed'],
}

type Situation = 'made' | 'mended' | 'removed'
const situations: readonly Situation[] = ['made', 'mended', 'removed']
const situation = ({ current, desired }: { current: unknown; desired: unknown }): Situation => (desired === null ? 'removed' : current === null ? 'made' : 'mended')

describe('resources', () => {
  let resources: NamedResource[] = []
  let values: CaseValues
  before(async () => ({ resources, values } = await loadResources()))

  const find = (name: string, kind: string) => {
    const found = resources.find(each => each.name === name)?.resource
    if (!found) throw new Error(`lib/resources/ exports no resource ${name}.`)
    expect(found.kind, `kind of ${name}`).to.equal(kind)
    return found
  }

  it('of each kind are in a file of the name that is printed', () => {
    const files = new Set(resources.filter(({ file, resource }) => path.parse(file).name === resource.kind).map(({ resource }) => resource.kind))
    expect([...files]).to.have.length.above(30)
    expect(resources.filter(({ resource }) => !files.has(resource.kind)).map(({ name }) => name)).to.deep.equal([])
  })

  describe('what hosts print, as states', () => {
    it('is covered by three cases a kind at least, and one a resource', () => {
      const readings = cases.filter(each => 'reading' in each)
      for (const { name, resource: { kind } } of resources) {
        expect(readings.filter(each => each.kind === kind).length, `cases of ${kind}`).to.be.at.least(3)
        expect(readings.filter(each => each.resource === name).length, `cases that name ${name}`).to.be.at.least(1)
      }
      expect([...new Set(cases.map(({ kind }) => kind))].sort()).to.deep.equal([...new Set(resources.map(({ resource }) => resource.kind))].sort())
    })

    it('comes from hosts, but for what no host can be brought to print', () => {
      const byHand = cases.flatMap(each => ('reading' in each && each.reading.byHand ? [each.title] : []))
      expect(byHand).to.deep.equal(['[systemd 12] unit: without blank lines'])
    })

    const check = (kind: string, { resource, keys: given, output, states, error }: ReadingCase) => {
      const keys = given.map(key => values.key(key))
      const parse = () => find(resource, kind).read(keys).parse({ ...output, stdout: Buffer.from(output.stdout) })
      if (error !== undefined) return void expect(parse).to.throw(error)
      expect(states).to.have.length(keys.length)
      expect(parse().map(state => values.show(state))).to.deep.equal(states)
    }
    for (const each of cases) if ('reading' in each) it(each.title, () => check(each.kind, each.reading))
  })

  describe('desired states, as scripts', () => {
    it('are covered by a case of each resource for what is made, mended and removed', () => {
      for (const { name } of resources) {
        const covered = cases.flatMap(each => ('writing' in each && each.resource === name ? [each.writing.apply].flat().map(situation) : []))
        expect(situations.filter(each => covered.includes(each)), `cases named apply-… of ${name}`).to.deep.equal(situations.filter(each => !never[name]?.includes(each)))
      }
      expect(Object.keys(never).filter(name => !resources.some(each => each.name === name)), 'no resource').to.deep.equal([])
    })

    it('are covered by a case of each that can be written together', () => {
      const together = cases.flatMap(each => ('writing' in each && Array.isArray(each.writing.apply) ? [each.resource] : []))
      expect([...new Set(together)].sort()).to.deep.equal(resources.filter(({ resource }) => resource.applyTogether !== undefined).map(({ name }) => name).sort())
    })

    const check = (kind: string, { resource: name, script, stdin, user, error, ...given }: WritingCase) => {
      const resource = find(name, kind)
      const write = () => writingOf(resource, { resource: name, ...given }, values)
      if (error !== undefined) return void expect(write).to.throw(error)
      const written = write()
      expect(written.script.text).to.equal(script)
      expect(bytesOf(written.stdin)?.toString()).to.equal(stdin)
      expect(written.user).to.equal(user)
    }
    for (const each of cases) if ('writing' in each) it(each.title, () => check(each.kind, each.writing))
  })

  it('no secret is ever in a script, or in a part of one: it goes through standard input', () => {
    const sent = new Set<string>()
    for (const each of cases) {
      if (!('writing' in each) || each.writing.error !== undefined) continue
      values.secrets.length = 0
      const { script, stdin } = writingOf(find(each.resource, each.kind), each.writing, values)
      // By its words, since a quote in it would be written in another way.
      const words = values.secrets.flatMap(secret => secret.match(/[A-Za-z0-9+/-]{8,}/g) ?? [])
      if (words.length < values.secrets.length) throw new Error(`${each.title}: its secret has no word to look for.`)
      for (const word of words) expect(script.text, each.title).not.to.contain(word)
      if (words.some(word => bytesOf(stdin)?.includes(word))) sent.add(each.resource)
    }
    expect([...sent].sort()).to.deep.equal(['commandResultResource', 'debconfResource', 'fileResource', 'onionKeyResource', 'postgresRoleResource', 'userResource'])
  })
})
