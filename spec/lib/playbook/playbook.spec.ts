import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import { z } from 'zod'
import { PlaybookError } from '../../../lib/errors.ts'
import { formatError } from '../../../lib/report/format-error.ts'
import { playbookHost } from '../../../lib/state/facts.ts'
import { loadPlaybooks } from '../../../lib/playbook/load.ts'
import type { ModuleCall } from '../../../lib/playbook/module.ts'
import { argumentIssues, isAPlaybook, playbook, type Play } from '../../../lib/playbook/playbook.ts'
import { currentPass, Pass } from '../../../lib/playbook/pass.ts'
import { apt } from '../../../modules/apt.ts'
import { onionService } from '../../../modules/onion-service.ts'
import { systemd } from '../../../modules/systemd.ts'
import { misuse } from '../../modules/plan-module.ts'
import { inTemporaryDirectory } from '../shell/local-session.ts'

const host = playbookHost({ name: 'web1', address: '192.0.2.1', groups: [] }, () => undefined)
const lay = (tasks: (play: Play) => void) => playbook({ name: 'Spec', hosts: 'all', tasks }).layOut(host, {})
const failure = (promise: PromiseLike<unknown>): Promise<string> => Promise.resolve(promise).then(() => 'it did not reject', (error: unknown) => formatError(error))
const never = Symbol('never')
const soon = <Value>(promise: PromiseLike<Value>): Promise<Value | typeof never> => Promise.race([promise, new Promise<typeof never>(resolve => setTimeout(() => resolve(never), 20))])

describe('a playbook', () => {
  it('says what it lacks', () => {
    expect(() => void Reflect.apply(playbook, undefined, [{ name: 'x' }])).to.throw(PlaybookError, 'A playbook lacks hosts, tasks.')
  })

  it('is known from what only looks like one', () => {
    expect(isAPlaybook(playbook({ name: 'x', hosts: 'all', tasks: () => undefined }))).to.equal(true)
    for (const other of [undefined, null, {}, [], () => undefined, { name: 'x', hosts: 'all', tasks: () => undefined, isPlaybook: true }]) expect(isAPlaybook(other)).to.equal(false)
  })

  it('finds all that is wrong with a host\'s variables at once', () => {
    const checked = playbook({ name: 'x', hosts: 'all', vars: z.object({ port: z.number(), name: z.string('must be a name'), deep: z.object({ list: z.array(z.string()) }) }), tasks: () => undefined })
    expect(checked.checkVars({ port: 1, name: 'x', deep: { list: [] }, other: 1 })).to.deep.equal([])
    expect(checked.checkVars({ port: '1', deep: { list: [7] } }).map(({ variable }) => variable)).to.deep.equal(['port', 'name', 'deep.list.0'])
    expect(playbook({ name: 'x', hosts: 'all', tasks: () => undefined }).checkVars({ anything: 1 })).to.deep.equal([])
  })

  it('lays tasks, handlers and flushes out in the order in which they are written, with variables checked and defaulted', () => {
    const seen: unknown[] = []
    const play = playbook({
      name: 'x', hosts: 'all', vars: z.object({ count: z.number().default(2) }),
      tasks({ task, handler, flushHandlers, vars, host: { name } }) {
        seen.push(vars, name)
        for (let index = 0; index < vars.count; index += 1) task(`task ${index}`, apt({ packages: [] }), { notify: handler(`handler ${index}`, systemd({ unit: 'x', state: 'restarted' })) })
        flushHandlers()
        task('last', apt({ packages: [] }))
      },
    }).layOut(host, {})
    expect(seen).to.deep.equal([{ count: 2 }, 'web1'])
    expect(play.steps.map(step => ('task' in step ? step.task.name : 'flush'))).to.deep.equal(['task 0', 'task 1', 'flush', 'last'])
    expect(play.handlers.map(({ name }) => name)).to.deep.equal(['handler 0', 'handler 1'])
  })

  it('[fault 13] refuses an async tasks(), as a type error and at run time', () => {
    type Takes<Tasks> = Tasks extends Parameters<typeof playbook>[0]['tasks'] ? true : false
    const [plain, async]: [Takes<(play: Play) => void>, Takes<(play: Play) => Promise<void>>] = [true, false]
    expect([plain, async]).to.deep.equal([true, false])
    const tasks: (play: Play) => void = (): unknown => Promise.reject(new Error('nobody handles this'))
    expect(() => playbook({ name: 'x', hosts: 'all', tasks }).layOut(host, {})).to.throw(PlaybookError, 'tasks() of the playbook "x" is async, and what it adds after its first await would be dropped.')
  })

  it('[fault 13] notices what is added after tasks() has returned, and does not accept it', async () => {
    const role = async ({ task, handler, flushHandlers, summary }: Play) => {
      await Promise.resolve()
      task('a', apt({ packages: [] }))
      handler('b', systemd({ unit: 'x', state: 'restarted' }))
      flushHandlers()
      summary(() => [])
    }
    const play = lay(each => void role(each))
    await Promise.resolve()
    await Promise.resolve()
    expect(play.late).to.deep.equal(['the task "a"', 'the handler "b"', 'flushHandlers()', 'summary()'])
    expect([play.steps, play.handlers, play.summaries]).to.deep.equal([[], [], []])
  })

  it('reports wrong arguments of all its tasks and handlers, without a host', () => {
    const issues = argumentIssues(lay(({ task, handler }) => {
      task('a', misuse(apt, { packages: 7, state: 'x' }))
      task('late', () => misuse(apt, { packages: 7 }))
      task('b', systemd({ unit: 'nginx', state: 'restarted' }))
      handler('c', systemd({ unit: 'nginx', state: 'restarted' }))
      handler('d', systemd({ unit: 'ngin*' }))
    }))
    expect(issues.map(({ task, module, argument }) => `${task} ${module} ${argument}`)).to.deep.equal(['a apt packages', 'a apt state', 'b systemd state', 'd systemd unit'])
    expect(issues[2]?.message).to.include('put it into a handler')
  })
})

describe('a task that is awaited', () => {
  const onion = onionService({ name: 'web', ports: { 80: '127.0.0.1:80' } })
  const taskOf = (call: ModuleCall<unknown>) => {
    const play = lay(({ task }) => void task('Publish', call))
    const [step] = play.steps
    if (!step || !('task' in step)) throw new Error('there is no task')
    return step.task
  }
  const laid = () => taskOf(onion)
  const inPass = <Value>(pass: Pass, task: PromiseLike<Value>): Promise<Value | typeof never> => currentPass.run(pass, () => soon((async () => task)()))

  it('outside of a task explains itself', async () => {
    const told = await failure(laid())
    expect(told).to.include('The result of the task "Publish" was awaited outside of a task.').and.include('Await it inside a function')
  })

  it('gives its result once that is known', async () => {
    const task = laid()
    const awaited = inPass(new Pass('plan'), task)
    task.settle({ known: true, value: { hostname: 'x.onion' } })
    expect(await awaited).to.deep.equal({ hostname: 'x.onion' })
  })

  it('is stood for by its placeholder where nothing is applied, and the pass remembers that', async () => {
    for (const purpose of ['ahead', 'check'] as const) {
      const pass = new Pass(purpose)
      expect(await inPass(pass, laid())).to.deep.equal(onion.placeholder)
      expect([...pass.unknown]).to.deep.equal(['Publish'])
    }
  })

  it('is unknown in check mode without a placeholder, and is not reached in the prefetch', async () => {
    const plain = taskOf(apt({ packages: [] }))
    expect(await currentPass.run(new Pass('check'), () => failure((async () => plain)()))).to.include('is known only after applying')
    expect(await inPass(new Pass('ahead'), plain)).to.equal(never)
  })

  it('keeps a pass waiting that applies, and lets nothing come of it once that is abandoned', async () => {
    const task = laid()
    const pass = new Pass('plan')
    const awaited = inPass(pass, task)
    await new Promise(resolve => setImmediate(resolve))
    pass.abandoned = true
    task.settle({ known: true, value: 1 })
    expect(await awaited).to.equal(never)
  })

  it('says so when it gave no result, as when it was skipped', async () => {
    const task = laid()
    task.settle({ known: false })
    expect(await currentPass.run(new Pass('plan'), () => failure((async () => task)()))).to.include('The task "Publish" gave no result: it was skipped, it failed, or it comes later.')
  })
})

describe('loadPlaybooks', () => {
  const load = (source: string | undefined): Promise<string> => inTemporaryDirectory(async directory => {
    mkdirSync(path.join(directory, 'playbooks'))
    const file = path.join(directory, 'playbooks', 'x.ts')
    if (source !== undefined) writeFileSync(file, source)
    return loadPlaybooks(file).then(playbooks => playbooks.map(({ name }) => name).join(), (error: unknown) => {
      expect(error).to.be.instanceOf(PlaybookError)
      return formatError(error).replaceAll(directory, '')
    })
  })

  it('says that a file does not exist, is not a playbook, or why it cannot be loaded', async () => {
    expect(await load(undefined)).to.include('The playbook /playbooks/x.ts does not exist.')
    for (const source of ['export const x = 1', 'export default {}', 'export default []', 'export default [{}]', 'export default undefined']) expect(await load(source), source).to.include('/playbooks/x.ts is not a playbook.')
    expect(await load('export default {')).to.include('/playbooks/x.ts cannot be loaded: ')
    expect(await load('throw new Error("broken")')).to.include('/playbooks/x.ts cannot be loaded: broken')
    expect(await load('import "./not-there.ts"')).to.include('not-there.ts')
  })

  it('[fault 36] says what is wrong with a directory, YAML or another file that is given as a playbook', () => inTemporaryDirectory(async directory => {
    for (const name of ['site.ts', 'site.yml', 'hosts.yaml', 'notes.txt']) writeFileSync(path.join(directory, name), '')
    const told = (name: string) => loadPlaybooks(path.join(directory, name)).then(() => '', (error: unknown) => formatError(error).replaceAll(directory, 'D'))
    expect(await told('.')).to.equal('D is a directory; a playbook is a single file.\n  It contains site.ts.')
    for (const name of ['site.yml', 'hosts.yaml']) expect(await told(name)).to.include(`D/${name} is YAML; playbooks are TypeScript.`)
    expect(await told('notes.txt')).to.include('D/notes.txt is not a .ts or .js file')
    expect(await told('stie.ts')).to.include('D/stie.ts does not exist. Did you mean "site.ts"?')
  }))
})
