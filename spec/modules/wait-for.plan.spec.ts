import { expect } from 'chai'
import { waitFor } from '../../modules/wait-for.ts'
import { hostView, misuse, wantsOf, wrongArguments } from './plan-module.ts'

describe('wait-for', () => {
  it('waits for a path or a port', async () => {
    expect(wantsOf(await waitFor({ path: '/run/x' }).plan(hostView()))[0]).to.deep.equal({ resource: 'wait /run/x', key: { condition: { path: '/run/x', absent: false, contains: undefined }, timeoutSeconds: 60, intervalSeconds: undefined, message: undefined }, desired: {} })
    expect(wantsOf(await waitFor({ port: 5432, timeoutSeconds: 5 }).plan(hostView()))[0]).to.deep.equal({ resource: 'wait port 5432', key: { condition: { port: 5432, host: undefined, state: 'open' }, timeoutSeconds: 5, intervalSeconds: undefined, message: undefined }, desired: {} })
  })

  it('wants exactly one of path, port and tor', () => {
    expect(waitFor({}).issues.map(({ message }) => message)).to.deep.equal(['needs one of path, port and tor'])
    expect(waitFor({ path: '/x', port: 1 }).issues).to.have.length(1)
  })

  it('finds every wrong argument at once', () => {
    expect(wrongArguments(misuse(waitFor, { port: 70000, path: 'x', timeoutSeconds: 1.5, extra: 'x' }))).to.deep.equal(['arguments', 'path', 'port', 'timeoutSeconds'])
  })
})
