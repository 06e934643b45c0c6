import { expect } from 'chai'
import { besides } from '../../../../lib/resources/apt/besides.ts'
import { hostView, wantsOf } from '../../../modules/plan-module.ts'

const host = (pending: Record<string, string>) => hostView({ 'apt install': { pending } })

describe('What apt does besides what a task names', () => {
  it('is shown by package and version, and is nothing where apt has nothing else to do', async () => {
    const wants = await besides('install', ['nginx'], ['nginx'], {}, host({ 'nginx-common': ' 1.22' }))
    expect(wantsOf({ wants })).to.deep.equal([{ resource: 'apt install', key: { work: 'install', packages: ['nginx'], named: ['nginx'], options: {} }, desired: { pending: {} } }])
    expect(await besides('install', ['nginx'], ['nginx'], {}, host({}))).to.deep.equal([])
  })

  it('is left to the run where the package lists will be others', async () => {
    const [one] = wantsOf({ wants: await besides('install', ['nginx'], ['nginx'], {}, host({}), false) })
    expect(one?.key).to.include({ unknown: true })
  })

  it('removes a package that the task does not name only where that is allowed', async () => {
    const view = host({ apache2: '2.4 ' })
    expect(await besides('install', ['nginx'], ['nginx'], {}, view).catch(String)).to.contain('nginx cannot be installed without removing apache2 2.4')
    expect(await besides('install', ['nginx'], ['nginx'], { failOnRemove: false }, view)).to.have.length(1)
  })
})
