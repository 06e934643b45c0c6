import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { ConnectError } from '../../../lib/errors.ts'
import { apply, read } from '../../../lib/shell/script.ts'
import { ConnectionLost } from '../../../lib/shell/session.ts'
import { inTemporaryDirectory, localSession, privateConnect } from './local-session.ts'

const first = { lock: { holder: "alice's laptop, process 1", waitSeconds: 0 } }
const second = { lock: { holder: 'bob, process 2', waitSeconds: 0 } }

describe('the lock of a host', () => {
  it('refuses a second run, and names who holds it and since when', () => inTemporaryDirectory(async directory => {
    const [one, two] = [localSession(first, privateConnect(directory)), localSession(second, privateConnect(directory))]
    try {
      await one.read([{ script: read`:` }])
      const error = await two.read([{ script: read`echo never` }]).then(() => expect.fail('it got in'), (refused: unknown) => refused)
      expect(error).to.be.instanceOf(ConnectError).and.not.instanceOf(ConnectionLost)
      expect(String(error)).to.match(/Another run is at work on this host: alice's laptop, process 1, since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\.$/)
    } finally {
      one.close()
      two.close()
    }
  }))

  it('does not hold up a session that only reads', () => inTemporaryDirectory(async directory => {
    const [one, reader] = [localSession(first, privateConnect(directory)), localSession({}, privateConnect(directory))]
    try {
      await one.read([{ script: read`:` }])
      const [output] = await reader.read([{ script: read`echo in` }])
      expect(output?.stdout.toString()).to.equal('in\n')
    } finally {
      one.close()
      reader.close()
    }
  }))

  it('is free at once when its holder\'s shell was killed, whatever that had started', () => inTemporaryDirectory(async directory => {
    const [one, two] = [localSession(first, privateConnect(directory)), localSession({ lock: { holder: 'bob', waitSeconds: 2 } }, privateConnect(directory))]
    try {
      const [pid, child] = await one.apply([{ script: read`echo $$` }, { script: apply`sleep 30 >/dev/null 2>&1 & echo $! >&2` }])
      process.kill(Number(pid?.stdout.toString()), 'SIGKILL')
      const [output] = await two.read([{ script: read`echo in` }])
      expect(output?.stdout.toString()).to.equal('in\n')
      process.kill(Number(child?.stderr), 'SIGKILL')
    } finally {
      one.close()
      two.close()
    }
  }))

  it('is waited for as long as is said', () => inTemporaryDirectory(async directory => {
    const [one, two] = [localSession(first, privateConnect(directory)), localSession({ lock: { holder: 'bob', waitSeconds: 10 } }, privateConnect(directory))]
    try {
      await one.read([{ script: read`:` }])
      const waiting = two.read([{ script: read`echo in` }])
      await sleep(200)
      one.close()
      const [output] = await waiting
      expect(output?.stdout.toString()).to.equal('in\n')
    } finally {
      one.close()
      two.close()
    }
  }))
})
