import { once } from 'node:events'
import { expect } from 'chai'
import { listenForStop } from '../../../lib/run/signals.ts'
import { stopped } from '../../../lib/walk/stop.ts'

describe('stopping a run', () => {
  it('is listened for by as many hosts as there are, without a warning of Node.js', async () => {
    const warnings: string[] = []
    const warn = (warning: Error) => void warnings.push(warning.message)
    process.on('warning', warn)
    const stopping = listenForStop(() => undefined, () => undefined)
    const hosts = Array.from({ length: 50 }, () => stopped(stopping.signal))
    await new Promise(resolve => setImmediate(() => setImmediate(resolve)))
    const aborted = once(stopping.signal, 'abort')
    process.emit('SIGHUP')
    await Promise.all([aborted, ...hosts])
    stopping.end()
    process.off('warning', warn)
    expect(warnings).to.deep.equal([])
    expect(stopping.status()).to.equal(129)
  })
})
