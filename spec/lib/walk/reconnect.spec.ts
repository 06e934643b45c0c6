import { expect } from 'chai'
import { withReconnect, ReconnectBackoff } from '../../../lib/walk/reconnect.ts'
import { ConnectError } from '../../../lib/errors.ts'
import { ConnectionLost } from '../../../lib/shell/session.ts'
import { silent } from '../run/local-run.ts'

const lost = new ConnectionLost('The connection was lost: gone.')

describe('A host that is lost', () => {
  /** Who is told, and what; `stop` ends the run. */
  const told = (stop?: AbortSignal) => {
    const notes: string[] = []
    return { notes, name: 'web', observer: { ...silent, stop, note: (host: string, message: string) => void notes.push(`${host}: ${message}`) } }
  }

  it('is waited for, longer each time, and given up after the seventh loss', async () => {
    const backoff = new ReconnectBackoff()
    const notes: string[] = []
    for (let loss = 1; loss <= 8; loss += 1) {
      const controller = new AbortController()
      const hearing = told(controller.signal)
      const waiting = backoff.waitFor(hearing, lost)
      // Told to stop, it does not wait to the end.
      controller.abort()
      expect(await waiting).to.equal(false)
      notes.push(...hearing.notes)
    }
    expect(notes).to.deep.equal(['0.5', '1', '2', '4', '8', '16', '30'].map((seconds, index) => `web: The connection was lost: gone. Connecting again in ${seconds} s (loss ${index + 1} of at most 7 in a row).`))
  })

  it('is tried again after the pause, and given up when the pauses are through', async () => {
    const backoff = new ReconnectBackoff([1, 20])
    const { notes, ...hearing } = told()
    expect(await backoff.waitFor(hearing, lost)).to.equal(true)
    const startedAt = performance.now()
    expect(await backoff.waitFor(hearing, lost)).to.equal(true)
    expect(performance.now() - startedAt).to.be.at.least(18)
    expect([await backoff.waitFor(hearing, lost), notes.length]).to.deep.equal([false, 2])
  })

  it('is lost for the first time again once something was done', async () => {
    const backoff = new ReconnectBackoff([0])
    const { notes, ...hearing } = told()
    expect(await backoff.waitFor(hearing, lost)).to.equal(true)
    backoff.renew()
    expect(await backoff.waitFor(hearing, lost)).to.equal(true)
    expect(notes.map(note => /\(.*\)/.exec(note)?.[0])).to.deep.equal(['(loss 1 of at most 1 in a row)', '(loss 1 of at most 1 in a row)'])
  })

  it('is not waited for by a run that is to stop', async () => {
    const { notes, ...hearing } = told(AbortSignal.abort())
    expect([await new ReconnectBackoff([0]).waitFor(hearing, lost), notes]).to.deep.equal([false, []])
  })

  it('is read anew, waited for or not', async () => {
    let forgotten = 0
    const reader = { forget: () => void (forgotten += 1) }
    const backoff = new ReconnectBackoff([0])
    await backoff.waitFor({ ...told(), reader }, lost)
    await backoff.waitFor({ ...told(), reader }, lost)
    expect(forgotten).to.equal(2)
  })

  it('is asked again until it answers', async () => {
    let asked = 0
    expect(await withReconnect(new ReconnectBackoff([0, 0]), told(), () => ((asked += 1) < 3 ? Promise.reject(lost) : Promise.resolve('answer')))).to.equal('answer')
    expect(asked).to.equal(3)
  })

  it('is given up with what it was lost by', async () => {
    let asked = 0
    const failure: unknown = await withReconnect(new ReconnectBackoff([0]), told(), () => ((asked += 1), Promise.reject(lost))).catch((error: unknown) => error)
    expect([failure, asked]).to.deep.equal([lost, 2])
  })

  it('is not asked again where it refuses', async () => {
    const refusal = new ConnectError('No.')
    const { notes, ...hearing } = told()
    expect([await withReconnect(new ReconnectBackoff([0]), hearing, () => Promise.reject(refusal)).catch((error: unknown) => error), notes]).to.deep.equal([refusal, []])
  })
})
