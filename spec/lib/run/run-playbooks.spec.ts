import { expect } from 'chai'
import { playbook } from '../../../lib/playbook/playbook.ts'
import { checkPlaybooks, runPlaybooks } from '../../../lib/run/run-playbooks.ts'
import { command } from '../../../modules/command.ts'
import { here, silent } from './local-run.ts'

describe('two names of one machine', () => {
  it('[fault 31] run one after the other, and a note says so first', async () => {
    const hosts = ['one', 'two', 'three'].map(name => ({ ...here, name }))
    const inventory = { path: 'spec.ts', hosts, groups: new Map([['all', hosts.map(({ name }) => name)]]), warnings: [] }
    const options = { check: true, extraVars: {}, tags: [], skipTags: [], forks: 10 }
    const happened: string[] = []
    const observer = { ...silent, taskStarted: (host: string) => void happened.push(`${host} begins`), taskDone: (host: string) => void happened.push(`${host} ends`), note: (host: string, message: string) => void happened.push(`${host}: ${message}`) }
    const checked = checkPlaybooks([playbook({ name: 'Spec', hosts: 'all', tasks: ({ task }) => void task('slow', command({ argv: ['sleep', '0.3'], reads: true })) })], inventory, options)
    const { report } = await runPlaybooks(checked, inventory, options, observer)
    expect(happened[0]).to.equal('one: It is the same machine (local) as two, three: they run one after the other.')
    expect(happened.filter(each => !each.includes(':'))).to.deep.equal(['one', 'two', 'three'].flatMap(name => [`${name} begins`, `${name} ends`]))
    expect(Object.entries(report.hosts).map(([name, { status }]) => `${name} ${status}`).sort()).to.deep.equal(['one ok', 'three ok', 'two ok'])
  })
})
