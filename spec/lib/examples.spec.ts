import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import * as index from '../../lib/index.ts'
import * as resource from '../../lib/resource.ts'
import { Workspace } from '../command-line/run-stead.ts'
import { documented, publicNames } from '../helpers/docstrings.ts'
import { programOf } from '../helpers/example-source.ts'
import { typeErrors } from '../helpers/type-errors.ts'

const names = publicNames()
const examples = [...new Set(names.values())].flatMap(file => documented(file))
  .filter(({ name }) => names.has(name.split('.')[0] ?? ''))
  .flatMap(each => each.examples.map((example, index) => ({ ...each, example, as: `${each.name.toLowerCase()}-${index + 1}.ts`, ...programOf(example) })))

interface Program {
  results(): Promise<[unknown, unknown][]>
}

const isProgram = (loaded: unknown): loaded is Program => typeof loaded === 'object' && loaded !== null && 'results' in loaded && typeof loaded.results === 'function'

describe('an example of what lib/index.ts exports', function () {
  this.timeout(180_000)
  const workspace = new Workspace()
  const place = (name: string) => path.join(workspace.directory, 'playbooks', name)
  let wrong: Map<string, string[]>

  before(() => {
    for (const { as, text } of examples) workspace.write(`playbooks/${as}`, text)
    wrong = typeErrors(examples.map(({ as }) => place(as)))
  })

  after(() => workspace.remove())

  for (const { name, example, as, text, results } of examples) {
    it(`${name} compiles${results ? ', and gives what it says' : ''}: ${example.split('\n')[0]}`, async () => {
      expect(wrong.get(place(as)) ?? [], text).to.deep.equal([])
      if (results === 0) return
      const loaded: unknown = await import(pathToFileURL(place(as)).href)
      if (!isProgram(loaded)) throw new Error('It has no results.')
      const found = await loaded.results()
      expect(found).to.have.length(results)
      for (const [given, promised] of found) expect(given).to.deep.equal(promised)
    })
  }

  it('is there for every value that lib/index.ts and lib/resource.ts export, and a docstring for every name that an author may import', () => {
    const about = (name: string) => documented(names.get(name) ?? '').filter(each => each.name.split('.')[0] === name)
    const values = [...new Set([...Object.keys(index), ...Object.keys(resource)])]
    expect(values.filter(name => !names.has(name)), 'not found').to.deep.equal([])
    expect(values.filter(name => about(name).every(each => each.examples.length === 0)), 'without an example').to.deep.equal([])
    expect([...names.keys()].filter(name => (about(name)[0]?.doc ?? '') === ''), 'without a docstring').to.deep.equal([])
  })

  it('is found: this spec cannot pass without examples', () => {
    expect(examples.filter(({ results }) => results > 0).length).to.be.at.least(20)
  })
})
