import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import { callsOf, importsOf } from '../helpers/imports.ts'
import { caseFolder, loadResources, parseCase } from '../helpers/recorded-case.ts'

const root = path.join(import.meta.dirname, '..', '..')
const namesIn = (folder: string): string[] => readdirSync(path.join(root, folder)).filter(file => file.endsWith('.ts')).map(file => path.parse(file).name)
const camelCase = (name: string) => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

/** Values by which a spec gets a host of the lab, by the helper that has them. */
const hosts = { 'module-host': ['labHost'], 'postgres-host': ['postgresHost'] }

/** The specs beside this one that get a host of the lab, with what they import and call. */
const onHosts = readdirSync(import.meta.dirname).filter(file => file.endsWith('.spec.ts')).map(file => path.join(import.meta.dirname, file))
  .map(file => ({ imports: importsOf(file), calls: callsOf(file) }))
  .filter(({ imports, calls }) => Object.entries(hosts).some(([helper, names]) => names.some(name => calls.has(name) && imports.get(path.join(root, 'spec', 'helpers', `${helper}.ts`))?.has(name))))

/** The functions that a file exports. */
async function functionsOf(file: string): Promise<Map<string, (...args: unknown[]) => unknown>> {
  const loaded: unknown = await import(file)
  return new Map(Object.entries(typeof loaded === 'object' && loaded !== null ? loaded : {}).flatMap(([name, value]: [string, unknown]) => (isFunction(value) ? [[name, value]] : [])))
}

function isFunction(value: unknown): value is (...args: unknown[]) => unknown {
  return typeof value === 'function'
}

describe('every file of the breadth', () => {
  it('of modules/ is the camelCase of its name: a function that gives a call of that module', async () => {
    expect(namesIn('modules').length).to.be.greaterThan(25)
    for (const name of namesIn('modules')) {
      const made = (await functionsOf(path.join(root, 'modules', `${name}.ts`))).get(camelCase(name))?.({})
      expect(made, `modules/${name}.ts has to export ${camelCase(name)}`).to.include({ module: name }).and.to.have.keys('module', 'issues', 'plan')
    }
  })

  it('of modules/ is applied on a host by a spec of this folder', () => {
    const missing = namesIn('modules').filter(name => !onHosts.some(({ imports, calls }) => imports.get(path.join(root, 'modules', `${name}.ts`))?.has(camelCase(name)) && calls.has(camelCase(name))))
    expect(missing, 'modules that no spec in spec/modules/ imports and calls beside a host of the lab').to.deep.equal([])
  })

  it('of lib/resources/ has cases of each resource it exports; what else it exports is called by a spec of a room, or by a module', async () => {
    const { resources } = await loadResources()
    const named = new Set(readdirSync(caseFolder, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.json')).map(file => {
      const parsed = parseCase(JSON.parse(readFileSync(path.join(caseFolder, file), 'utf8')))
      return 'reading' in parsed ? parsed.reading.resource : parsed.writing.resource
    }))
    const callers = ['spec/lib/resources', 'spec/modules', 'modules'].flatMap(folder => readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts')).map(file => path.join(root, folder, file)))
      .map(file => ({ imports: importsOf(file), calls: callsOf(file) }))
    const missing = resources.filter(each => !named.has(each.name)).map(each => `spec/cases/${each.resource.kind}/ for ${each.name}`)
    for (const file of readdirSync(path.join(root, 'lib', 'resources'), { recursive: true, encoding: 'utf8' }).filter(each => each.endsWith('.ts') && !each.endsWith('.d.ts'))) {
      if (resources.some(each => each.file === file)) continue
      const source = path.join(root, 'lib', 'resources', file)
      const functions = [...await functionsOf(source)].flatMap(([name, value]) => (value.prototype instanceof Error ? [] : [name]))
      const isCalled = (name: string) => callers.some(({ imports, calls }) => imports.get(source)?.has(name) && calls.has(name))
      if (functions.length > 0 && !functions.some(isCalled)) missing.push(`lib/resources/${file}: ${functions.join(', ')}`)
    }
    expect(missing, 'missing').to.deep.equal([])
  })
})
