import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { ConnectError } from '../../../lib/errors.ts'
import { apply, read } from '../../../lib/shell/script.ts'
import { ConnectionLost } from '../../../lib/shell/session.ts'
import type { ChannelEnd } from '../../../lib/transport/transport.ts'
import { privateConnect } from '../../helpers/own-place.ts'
import { inTemporaryDirectory, localSession } from './local-session.ts'

const first = { lock: { holder: "alice's laptop, process 1", waitSeconds: 0 } }
const second = { lock: { holder: 'bob, process 2', waitSeconds: 0 } }

describe('the lock of a host', () => {
  it('refuses a second run, and names who holds it and since when', () => inTemporaryDirectory(async directory => {
    const [one, two] = [localSession(first, privateConnect(directory)), localSession(second, privateConnect(directory))]
    try {
      await one.read([{ script: read`:` }])
      const error = await two.read([{ script: read`echo never` }]).then(() => expect.fail('it got in'), (refused: unknown) => refused)
      expect(error).to.be.instanceOf(ConnectError).and.not.instanceOf(ConnectionLost)
      expect(String(error)).to.match(/Another run is using this host: alice's laptop, process 1, since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\.$/)
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

  it('[fault 38] is waited for if the session\'s own earlier shell still has it, however short the wait for others is, and a note says so', () => inTemporaryDirectory(async directory => {
    let cut: () => void = () => undefined
    const notes: string[] = []
    const connect = privateConnect(directory)
    // The line goes dead: neither side sends any more, and the shell over there lives on until its script has ended.
    const session = localSession({ lock: { holder: 'alice', waitSeconds: 0 }, note: note => notes.push(note) }, async () => {
      const connection = await connect()
      return { ...connection, close: () => undefined, start: async command => {
        const channel = await connection.start(command)
        const lost = new Promise<ChannelEnd>(resolve => (cut = () => {
          channel.stdin.end()
          resolve({ lost: new Error('it was cut') })
        }))
        return { ...channel, ended: Promise.race([channel.ended, lost]) }
      } }
    })
    await session.read([{ script: read`:` }])
    const under = session.apply([{ script: apply`sleep 1.5` }]).then(() => 'answered', (error: unknown) => error)
    await sleep(200)
    cut()
    expect(await under).to.be.instanceOf(ConnectionLost)
    const [output] = await session.read([{ script: read`echo in` }])
    expect(output?.stdout.toString()).to.equal('in\n')
    expect(notes).to.deep.equal(['The step that was interrupted by the lost connection is still running on the host; waiting for it to finish.'])
    cut()
  })).timeout(180_000)

  it('[fault 31] is waited for if the same run has it under another name of the machine, and a note says so', () => inTemporaryDirectory(async directory => {
    const notes: string[] = []
    const lock = { holder: 'alice, playbook "x\ny"', waitSeconds: 0 }
    const [one, two] = [localSession({ lock, run: 'abc' }, privateConnect(directory)), localSession({ lock, run: 'abc', note: note => notes.push(note) }, privateConnect(directory))]
    try {
      await one.read([{ script: read`:` }])
      const waiting = two.read([{ script: read`echo in` }])
      await sleep(700)
      one.close()
      expect((await waiting)[0]?.stdout.toString()).to.equal('in\n')
      expect(notes.join('\n')).to.match(/^This run is already using the same machine under another name; waiting for that to finish: alice, playbook "x y", since \S+\.$/)
    } finally {
      one.close()
      two.close()
    }
  })).timeout(180_000)

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
