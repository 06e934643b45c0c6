import { expect } from 'chai'
import { Interrupted, refuseStopped, stopped } from '../../../lib/walk/stop.ts'

describe('A run that is told to stop', () => {
  const told = () => AbortSignal.abort('SIGINT')

  it('starts nothing more, and says where it stopped and what happens to the rest', () => {
    expect(() => refuseStopped(told(), '"Install nginx"')).to.throw(Interrupted, 'Stopped (SIGINT) before "Install nginx".')
      .and.to.have.property('hint', 'Everything above was done. Run it again to continue from here; pending handlers are recorded on the host.')
  })

  it('goes on where it was not told, or cannot be', () => {
    refuseStopped(undefined, 'x')
    refuseStopped(new AbortController().signal, 'x')
  })

  it('is noticed at once, whether it was stopped before or later', async () => {
    await stopped(told())
    const controller = new AbortController()
    let heard = false
    const waiting = stopped(controller.signal).then(() => (heard = true))
    await new Promise(resolve => setImmediate(resolve))
    expect(heard).to.equal(false)
    controller.abort()
    await waiting
  })

  it('is never heard of without a signal', async () => {
    let heard = false
    void stopped(undefined).then(() => (heard = true))
    await new Promise(resolve => setImmediate(resolve))
    expect(heard).to.equal(false)
  })
})
