import { expect } from 'chai'
import { apt } from '../../modules/apt.ts'
import { desired, hostView, misuse, wantsOf, wrongArguments } from './plan-module.ts'

describe('apt', () => {
  it('wants each package installed, in any version, and marked as asked for', async () => {
    expect(await desired(apt({ packages: ['nginx', 'libc6:amd64'] }))).to.deep.equal([
      ['package nginx', { status: 'installed', manual: true, argument: 'nginx' }], ['package libc6:amd64', { status: 'installed', manual: true, argument: 'libc6:amd64' }],
    ])
  })

  it('wants them absent with state absent', async () => {
    expect(await desired(apt({ packages: ['nginx'], state: 'absent' }))).to.deep.equal([['package nginx', null]])
  })

  it('tells the resource how to install', async () => {
    const [want] = wantsOf(await apt({ packages: ['tor'], recommends: true, startServices: false, lockTimeoutSeconds: 5, cacheValidSeconds: 60 }).plan(hostView()))
    expect(want?.key).to.deep.equal({ name: 'tor', options: {
      recommends: true, startServices: false, lockTimeoutSeconds: 5, cacheValidSeconds: 60, release: undefined,
      allowDowngrade: false, allowChangeHeld: false, failOnRemove: undefined, purge: false, autoremove: false, unsafeIo: false,
    } })
  })

  it('finds every wrong argument at once', () => {
    expect(wrongArguments(misuse(apt, { packages: ['nginx', 'Not A Package', '-o'], state: 'installed', recommends: 'yes', upgrade: true, pkg: 'x' }))).to.deep.equal(['arguments', 'packages.1', 'packages.2', 'recommends', 'state', 'upgrade'])
    expect(misuse(apt, { packages: 'nginx' }).issues[0]?.message).to.equal('must be a list of packages, as in [\'nginx\', \'foo=1.0.*\']')
  })
})
