import { cpSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import { elementStandIn } from '../../lab/element-stand-in.ts'
import { loadPlaybooks } from '../../lib/playbook/load.ts'
import { Workspace } from '../command-line/run-stead.ts'
import { documented, moduleFiles } from '../helpers/docstrings.ts'
import { packagesOf, playbookOf } from '../helpers/example-source.ts'
import { expectForetold } from '../helpers/four-rounds.ts'
import { diffs, dropHost, errorOf, labHost } from '../helpers/module-host.ts'
import { typeErrors } from '../helpers/type-errors.ts'

const modules = moduleFiles().flatMap(file => documented(file).filter(({ name }) => name === path.parse(file).name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())))

const examples = modules.flatMap(module => module.examples.map(example => ({
  title: path.parse(module.file).name, name: `${path.parse(module.file).name}.ts`, text: playbookOf(module, example),
  packages: packagesOf(example).join('-'), changesNothing: module.doc.includes('It changes nothing'),
})))

/** By the packages that they install: what one says it needs cannot come from another that says more. */
const hosts = [...new Set(examples.map(({ packages }) => packages))].sort().map(packages => ({ packages, host: `spec-examples-${packages || 'blank'}` }))

describe('the example of a module', function () {
  this.timeout(240_000)
  const workspace = new Workspace()
  let wrong: Map<string, string[]>
  const place = (name: string) => path.join(workspace.directory, 'playbooks', name)

  before(() => {
    // What an example takes from beside its playbook: the files of spec/modules/examples/, and an archive laid out as Element's.
    cpSync(path.join(import.meta.dirname, 'examples'), place('.'), { recursive: true })
    workspace.write('playbooks/element.tar.gz', elementStandIn().bytes)
    for (const { name, text } of examples) workspace.write(`playbooks/${name}`, text)
    wrong = typeErrors(examples.map(({ name }) => place(name)))
  })

  after(async () => {
    workspace.remove()
    for (const { host } of hosts) await dropHost(host)
  })

  it('is there, once, for every module', () => {
    expect(modules.map(({ file, examples: own }) => [file, own.length])).to.deep.equal(moduleFiles().map(file => [file, 1]))
  })

  it('stands below what the module leaves out of the one of that name in Ansible or pyinfra', () => {
    for (const { file, doc } of modules) expect(doc, file).to.match(/Ansible|pyinfra/)
  })

  for (const { packages, host: hostName } of hosts) {
    for (const { title, name, text, changesNothing } of examples.filter(each => each.packages === packages)) {
      it(`${title} compiles, and does what --check foretells, once`, async () => {
        expect(wrong.get(place(name)) ?? [], text).to.deep.equal([])
        const [playbook] = await loadPlaybooks(place(name))
        if (!playbook) throw new Error('It is no playbook.')
        const host = await labHost(hostName)
        const check = await host.runPlaybook(playbook, { check: true })
        expect(errorOf(check), 'check').to.equal(undefined)
        const applied = await host.runPlaybook(playbook)
        expect(errorOf(applied), 'applied').to.equal(undefined)
        expect(applied.tasks.at(-1)?.status).to.equal(changesNothing ? 'ok' : 'change')
        expectForetold(check, applied)
        const again = await host.runPlaybook(playbook)
        expect(errorOf(again), 'again').to.equal(undefined)
        expect(again.status, diffs(again)).to.equal('ok')
      })
    }
  }
})
