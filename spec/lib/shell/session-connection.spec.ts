import { expect } from 'chai'
import { ConnectError } from '../../../lib/errors.ts'
import { apply, read } from '../../../lib/shell/script.ts'
import type { Session } from '../../../lib/shell/session.ts'
import { connectLocal } from '../../../lib/transport/local.ts'
import { NotReachable, type Connection } from '../../../lib/transport/transport.ts'
import { privateConnect } from '../../helpers/own-place.ts'
import { inTemporaryDirectory, localSession } from './local-session.ts'

const failure = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => expect.fail('it did not reject'), (error: unknown) => error)
const over = (error: unknown): void => {
  expect(error).to.be.instanceOf(ConnectError).and.have.property('message', 'The session is closed.')
  expect(error).to.have.property('host', 'here')
}

/** Connections to this machine, and what was done with them. */
function watched() {
  const seen = { commands: [''], opened: 0, closed: 0 }
  const connect = async (): Promise<Connection> => {
    const connection = await connectLocal()
    seen.opened += 1
    return { ...connection, connectMs: 7, start: command => {
      seen.commands.push(command)
      return connection.start(command)
    }, close: () => {
      seen.closed += 1
      connection.close()
    } }
  }
  return { seen, connect }
}

async function using<Result>(session: Session, work: (session: Session) => Promise<Result>): Promise<Result> {
  try {
    return await work(session)
  } finally {
    session.close()
  }
}

describe('the connection of a session', () => {
  it('is made with the first frame, kept for the next, and closed at the end', async () => {
    const { seen, connect } = watched()
    const session = localSession({}, connect)
    expect(seen.opened).to.equal(0)
    for (const word of ['one', 'two']) expect((await session.read([{ script: read`echo ${word}` }]))[0]?.stdout.toString()).to.equal(`${word}\n`)
    expect([seen.opened, seen.closed, session.connectMs]).to.deep.equal([1, 0, 7])
    session.close()
    expect(seen.closed).to.equal(1)
    over(await failure(session.read([{ script: read`:` }])))
    expect(seen.opened).to.equal(1)
  })

  it('is opened again after a loss, and its time, bytes and round trips are added', async () => {
    const { seen, connect } = watched()
    await using(localSession({}, connect), async session => {
      await session.read([{ script: read`head -c 3000 /dev/zero` }])
      await session.read([{ script: read`: ${'x'.repeat(2000)}` }])
      const [sent, received] = [session.bytesSent, session.bytesReceived]
      await failure(session.read([{ script: read`kill -KILL $$` }]))
      expect([seen.opened, seen.closed]).to.deep.equal([1, 1])
      await session.read([{ script: read`head -c 3000 /dev/zero` }])
      await session.read([{ script: read`: ${'x'.repeat(2000)}` }])
      expect([seen.opened, session.connectMs, session.roundTrips]).to.deep.equal([2, 14, 4])
      expect(session.bytesSent - 2 * sent).to.be.within(10, 200)
      expect(session.bytesReceived - 2 * received).to.be.within(-20, 200)
    })
  })

  it('that comes when nobody wants it any more is closed, and nothing is started on it', async () => {
    const { seen, connect } = watched()
    const session = localSession({}, async () => {
      const connection = await connect()
      session.close()
      return connection
    })
    over(await failure(session.read([{ script: read`:` }])))
    expect([seen.opened, seen.closed, seen.commands]).to.deep.equal([1, 1, ['']])
  })

  it('is retried only within its time limit, and while it is needed; each attempt is reported', async () => {
    let attempts = 0
    const notes: string[] = []
    const unreachable = async (): Promise<Connection> => {
      attempts += 1
      throw new NotReachable('Nobody is there.')
    }
    const short = localSession({ connectTimeoutSeconds: 0.1, note: note => notes.push(note) }, unreachable)
    expect(await failure(short.read([{ script: read`:` }]))).to.have.property('message', 'Nobody is there.')
    expect([attempts, notes]).to.deep.equal([1, []])
    const left = localSession({ note: note => notes.push(note) }, async () => {
      left.close()
      return unreachable()
    })
    expect(await failure(left.read([{ script: read`:` }]))).to.have.property('message', 'Nobody is there.')
    expect([attempts, notes]).to.deep.equal([2, []])
    const booting = localSession({ note: note => notes.push(note) }, () => (attempts > 2 ? connectLocal() : unreachable()))
    expect((await using(booting, session => session.read([{ script: read`echo up` }])))[0]?.stdout.toString()).to.equal('up\n')
    expect(notes.join()).to.match(/^Nobody is there\. Trying again in 0\.5 s, until \d\d:\d\d:\d\d\.$/)
  })

  it('is started with a command that has the first frame in it, but nothing of a standard input, which may be secret', async () => {
    for (const stdin of [undefined, new Uint8Array(0), Buffer.from('of-standard-input')]) {
      const { seen, connect } = watched()
      await using(localSession({}, connect), async session => {
        const [output] = await session.apply([{ script: apply`cat >&2; echo said >&2`, stdin }])
        expect(output?.stderr).to.equal(`${stdin?.length ? 'of-standard-input' : ''}said`)
        expect(session.bytesSent > 0).to.equal(stdin !== undefined && stdin.length > 0)
      })
      expect(seen.commands).to.have.length(2)
    }
  })

  it('takes the lock under a name of its own, of one run or of another', () => inTemporaryDirectory(async directory => {
    const lock = { holder: 'ada', waitSeconds: 0 }
    const [one, two] = [localSession({ lock }, privateConnect(directory)), localSession({ lock }, privateConnect(directory))]
    await using(one, () => using(two, async () => {
      const [output] = await one.read([{ script: read`cat /run/stead/lock /run/stead/holder; ls -ld /run/stead | cut -c 1-10` }])
      expect(output?.stdout.toString()).to.match(/^ada, since \S+Z\n([0-9a-f]{16})\.\1 \d+\ndrwx------\n$/)
      expect(String(await failure(two.read([{ script: read`:` }])))).to.include('Another run is using this host: ada, since')
    }))
    const named = localSession({ lock, run: 'abc' }, privateConnect(directory))
    await using(named, async () => expect((await named.read([{ script: read`tail -n 1 /run/stead/holder` }]))[0]?.stdout.toString()).to.match(/^abc\.[0-9a-f]{16} \d+\n$/))
  }))
})
