import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import { SteadError } from '../../lib/errors.ts'
import type { ModuleCall } from '../../lib/playbook/module.ts'
import { planTask, type StateSource } from '../../lib/plan/plan-task.ts'
import { Pass } from '../../lib/playbook/pass.ts'
import { Task } from '../../lib/playbook/task.ts'
import { archive } from '../../modules/archive.ts'
import { blockInFile } from '../../modules/block-in-file.ts'
import { file } from '../../modules/file.ts'
import { generatedSecret } from '../../modules/generated-secret.ts'
import { lineInFile } from '../../modules/line-in-file.ts'
import { symlink } from '../../modules/symlink.ts'
import { torrc } from '../../modules/torrc.ts'
import { moduleFiles, project } from '../helpers/docstrings.ts'
import { hostView, misuse, type Literals } from './plan-module.ts'

/** The arguments of the module in a file, as it says itself. */
async function argumentsOf(module: string): Promise<readonly string[]> {
  const loaded: unknown = await import(path.join(project, module))
  const name = path.basename(module, '.ts').replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
  const made: unknown = typeof loaded === 'object' && loaded !== null ? Reflect.get(loaded, name) : undefined
  const call: unknown = typeof made === 'function' ? Reflect.apply(made, undefined, [{}]) : undefined
  const tell: unknown = typeof call === 'object' && call !== null ? Reflect.get(call, 'arguments') : undefined
  const told: unknown = typeof tell === 'function' ? Reflect.apply(tell, undefined, []) : undefined
  return Array.isArray(told) ? told.map(String) : []
}

/** What a hint says to give: `name: value`. */
const givenIn = (text: string): string[] => [...text.replace(/\{ [^{}]*\}/g, '{').matchAll(/(?<![\w-])([a-z][A-Za-z]+): (?:true|false|\d|\\?'|\$\{|\{|\[)/g)].map(([, name = '']) => name)
/** Each hint of a source, with the argument that it is told for. */
const hintsOf = (source: string): { argument?: string; text: string }[] => [...source.matchAll(/(?:argument: '(\w+)', )?\bhint(?::| =) (?:[^'`\n]*\? )?(['`])((?:\\.|(?!\2).)*)\2/g)]
  .map(([, argument, , text = '']) => ({ argument, text }))
/** The modules that a hint names in brackets, as in `(user, with createHome: true)`, or by a call, as in `apt({ packages: [] })`. */
const namedIn = (text: string): string[] => [...text.matchAll(/\(([a-z][a-z-]+)[,)]|\b([a-z]+)\(\{/g)].map(([, inBrackets, called]) => `modules/${inBrackets ?? called ?? ''}.ts`).filter(each => moduleFiles().includes(each))
const sourceOf = (name: string): string => readFileSync(path.join(project, name), 'utf8')

/** Files of lib/ whose hints are of these modules alone, and so may name their arguments. */
const ofModules: Record<string, string[]> = {
  'lib/resources/apt/besides.ts': ['modules/apt.ts'],
  'lib/plan/claims.ts': ['modules/group.ts', 'modules/user.ts'], 'lib/resources/commands/command.ts': ['modules/command.ts'], 'lib/resources/postgres/postgres-database.ts': ['modules/postgres-database.ts'],
}

describe('Hints', () => {
  it('[fault 63] only name arguments of their own module, or of the module that they mention', async () => {
    let seen = 0
    for (const module of moduleFiles()) {
      const own = await argumentsOf(module)
      expect(own, module).to.not.deep.equal([])
      for (const { text } of hintsOf(sourceOf(module))) {
        const known = [own, ...await Promise.all(namedIn(text).map(argumentsOf))].flat()
        for (const name of givenIn(text)) expect(known, `${module}: ${text}`).to.include(name)
        seen += givenIn(text).length
      }
    }
    expect(seen, 'hints were found').to.be.greaterThan(5)
  })

  it('[fault 63] in shared code name arguments only in hints, which are shown only by modules that have them', async () => {
    const files = readdirSync(path.join(project, 'lib'), { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts')).map(name => `lib/${name}`)
    const anywhere = new Set((await Promise.all(moduleFiles().map(argumentsOf))).flat())
    let ways = 0
    for (const name of files) {
      for (const { argument, text } of hintsOf(sourceOf(name))) {
        const owners = await Promise.all((ofModules[name] ?? []).map(argumentsOf))
        if (argument !== undefined) {
          expect(givenIn(text), `${name}: ${text}`).to.deep.equal([argument])
          expect([...anywhere], `${name}: ${text}`).to.include(argument)
          ways += 1
        } else if (owners.length > 0) for (const given of givenIn(text)) for (const own of owners) expect(own, `${name}: ${text}`).to.include(given)
        else for (const given of givenIn(text).filter(each => anywhere.has(each))) expect((await Promise.all(namedIn(text).map(argumentsOf))).flat(), `${name}: ${text}`).to.include(given)
      }
    }
    expect(ways, 'ways out were found').to.be.greaterThan(5)
  })

  /** What a module's task is told on a host with these states. */
  async function told(call: ModuleCall<unknown>, states: Literals = {}): Promise<string> {
    const view = hostView(states)
    const source: StateSource = { current: (resource, key) => view.current(resource, key), packagesPending: () => false, anythingPending: () => false, facts: () => view.facts }
    return planTask(new Task('task', call, {}, 0), source, new Pass('plan')).then(() => 'nothing', (error: unknown) => (error instanceof SteadError ? `${error.message} ${error.hint ?? ''}` : String(error)))
  }

  it('[fault 63] mention replaceOther, parents, create and backup only if the module has them', async () => {
    const full: Literals = { 'file /srv/x': { type: 'directory', empty: false } }
    expect(await told(file({ path: '/srv/x', content: 'a' }), full)).to.include('replaceOther: true')
    expect(await told(symlink({ path: '/srv/x', target: '/a' }), full)).to.include('replaceOther: true')
    for (const call of [blockInFile({ path: '/srv/x', block: 'a' }), lineInFile({ path: '/srv/x', line: 'a' }), generatedSecret({ path: '/srv/x' })]) expect(await told(call, full), call.module).to.include('is a directory').and.not.include('replaceOther')
    expect(await told(file({ path: '/srv/x', content: 'a' }), { 'file /srv': null })).to.include('parents: true').and.not.include('create: true')
    expect(await told(lineInFile({ path: '/srv/x', line: 'a' }))).to.include('create: true').and.not.include('parents: true')
    expect(await told(torrc({ name: 'x', options: { SocksPort: 1 } }), { 'file /etc/tor/torrc': null })).to.not.include('create: true')
    expect(await told(archive({ path: '/srv/x', url: 'https://example.org/a', sha256: 'a'.repeat(64) }))).to.equal('nothing')
  })

  it('[fault 63] suggest a similar argument for one that the module does not have', () => {
    const { issues } = misuse(lineInFile, { path: '/x', line: 'a', regexp: 'x', bakcup: true })
    expect(issues.map(({ argument, message }) => `${argument}: ${message.replace(/ It has.*/, '')}`)).to.deep.equal(['arguments: "regexp" is not an argument of line-in-file. "bakcup" is not an argument of line-in-file. Did you mean "backup"?'])
    expect(issues[0]?.message).to.match(/ It has .*, pattern, /)
  })
})
