import { expect } from 'chai'
import { apply, read } from '../../../lib/shell/script.ts'
import { ConnectionLost, TimedOut, type Session } from '../../../lib/shell/session.ts'
import { connectLocal } from '../../../lib/transport/local.ts'
import { NotReachable, type Connect } from '../../../lib/transport/transport.ts'
import { localSession } from './local-session.ts'

const token = '01234567-89ab-cdef-0123-456789abcdef'
const begins = `printf '\\nstead-shell ${token} 999999999\\n'`

/** A host that runs this script in the place of stead's first shell. */
function running(script: string): Connect {
  let connections = 0
  return async () => {
    const connection = await connectLocal()
    connections += 1
    return connections > 1 ? connection : { ...connection, start: () => connection.start(script) }
  }
}

async function failure(session: Session, work: Promise<unknown>): Promise<Error> {
  try {
    return await work.then(() => expect.fail('it did not reject'), (error: unknown) => (error instanceof Error ? error : expect.fail()))
  } finally {
    session.close()
  }
}

/** Seconds between two times of a day. */
function between(from = '', to = ''): number {
  const [start = 0, end = 0] = [from, to].map(time => Date.parse(`1970-01-01T${time}Z`) / 1000)
  return (end - start + 86_400) % 86_400
}

describe('a frame that takes its time', () => {
  it('is given up when the host has been silent for the limit of reads, and the error says what it waited for', async () => {
    for (const [options, given, seconds] of [[{ readTimeoutSeconds: 0.1 }, {}, '0.1'], [{ readTimeoutSeconds: 0.1 }, { timeoutSeconds: 0.2 }, '0.2'], [{ readTimeoutSeconds: 0.2 }, { timeoutSeconds: 0.1 }, '0.2']] as const) {
      const session = localSession(options, running(`${begins}; exec sleep 60`))
      const error = await failure(session, session.read([{ script: read`:`, about: 'file[/etc/motd]' }, { script: read`:` }], given))
      expect(error).to.be.instanceOf(TimedOut).and.have.property('host', 'here')
      expect(error.message).to.equal(`The host has not answered for ${seconds} s: file[/etc/motd].`)
    }
    const unnamed = localSession({ readTimeoutSeconds: 0.1 }, running(`${begins}; exec sleep 60`))
    expect((await failure(unnamed, unnamed.read([{ script: read`:` }]))).message).to.equal('The host has not answered for 0.1 s: an answer.')
  })

  it('names the part that is due, not one that was answered', async () => {
    const session = localSession({ readTimeoutSeconds: 0.6 }, running(`${begins}; printf '\\n${token} 1.1\\n\\n${token} 0\\n'; exec sleep 60`))
    expect((await failure(session, session.read([{ script: read`:`, about: 'the first' }, { script: read`:`, about: 'the second' }]))).message).to.include(': the second.')
  })

  it('is waited for from what came last, so it may take longer altogether', async () => {
    const session = localSession({ readTimeoutSeconds: 1 })
    try {
      const [output] = await session.read([{ script: read`for i in 1 2 3 4 5; do sleep 0.25; echo $i; done` }])
      expect(output?.stdout.toString()).to.equal('1\n2\n3\n4\n5\n')
    } finally {
      session.close()
    }
  })

  it('is waited for from its own beginning, however long nothing was asked before', async () => {
    const session = localSession({ readTimeoutSeconds: 0.8 })
    try {
      await session.read([{ script: read`:` }])
      await new Promise(resolve => setTimeout(resolve, 850))
      expect((await session.read([{ script: read`echo done` }]))[0]?.stdout.toString()).to.equal('done\n')
    } finally {
      session.close()
    }
  })

  it('is reported once within its first minute: since when, and until when stead waits', async () => {
    for (const [kind, seconds] of [['read', 300], ['write', 3600]] as const) {
      const notes: string[] = []
      const session = localSession({ note: note => notes.push(note), noteAfterSeconds: 0.1 })
      try {
        await session.read([{ script: read`:` }])
        await (kind === 'read' ? session.read([{ script: read`sleep 0.3`, about: 'a rest' }]) : session.apply([{ script: apply`sleep 0.3`, about: 'a rest' }]))
        // On a busy machine the first frame may be told of as well.
        const told = notes.filter(note => note.includes('a rest'))
        expect(told).to.have.length(1)
        const [, since, until] = /^Waiting for the host since (\d\d:\d\d:\d\d): a rest\. stead gives up at (\d\d:\d\d:\d\d) if nothing arrives before then\.$/.exec(told[0] ?? '') ?? []
        expect(between(since, until), kind).to.be.within(seconds - 1, seconds + 1)
      } finally {
        session.close()
      }
    }
  })

  it('is not reported if it is answered quickly', async () => {
    const notes: string[] = []
    const session = localSession({ note: note => notes.push(note) })
    await session.read([{ script: read`sleep 0.1` }])
    session.close()
    expect(notes).to.deep.equal([])
  })

  it('is given up as well while the host takes nothing of what is sent', async () => {
    const session = localSession({}, running(`${begins}; exec sleep 60`))
    const error = await failure(session, session.apply([{ script: apply`cat`, stdin: Buffer.alloc(1_000_000), about: 'a large file' }], { timeoutSeconds: 0.2 }))
    expect(error).to.be.instanceOf(TimedOut)
    expect(error.message).to.equal('The host has not answered for 0.2 s: a large file.')
  })

  it('is lost where the host goes away while it takes what is sent', async () => {
    const session = localSession({}, running(`${begins}; head -c 100000 >/dev/null; exit 5`))
    const error = await failure(session, session.apply([{ script: apply`cat`, stdin: Buffer.alloc(3_000_000) }]))
    expect(error).to.be.instanceOf(ConnectionLost).and.have.property('nothingSent', false)
    expect(error.message).to.equal('The connection was lost: the shell ended with exit code 5.')
  })

  it('is waited for as long as the host goes on to take what is sent', async () => {
    const session = localSession()
    try {
      await session.read([{ script: read`:` }])
      const [output] = await session.apply([{ script: apply`for i in 1 2 3 4 5; do sleep 0.25; head -c 400000 >/dev/null; done; wc -c >&2`, stdin: Buffer.alloc(2_000_003) }], { timeoutSeconds: 1 })
      expect(output?.stderr.trim()).to.equal('3')
    } finally {
      session.close()
    }
  })
})

describe('what a host is at when it is given up', () => {
  const late = 'If the task needs longer, set its timeoutSeconds.'

  it('has not begun where its shell has not', async () => {
    const session = localSession({ readTimeoutSeconds: 0.1 }, running('exec sleep 60'))
    expect(await failure(session, session.read([{ script: read`:` }]))).to.have.property('hint', `Its shell had not started. ${late}`)
  })

  it('is ended there over another connection, or it is said why that could not be done', async () => {
    let connections = 0
    const session = localSession({ readTimeoutSeconds: 0.1 }, async () => {
      connections += 1
      if (connections > 1) throw Object.assign(new Error('no more of them'), { name: 'Refused' })
      return running(`${begins}; exec sleep 60`)()
    })
    expect(await failure(session, session.read([{ script: read`:` }]))).to.have.property('hint', `Its script may still be running on the host, since it could not be ended: no more of them ${late}`)
    expect(connections).to.equal(2)
    const gone = localSession({ readTimeoutSeconds: 0.1 }, running(`${begins}; exec sleep 60`))
    expect(await failure(gone, gone.read([{ script: read`:` }]))).to.have.property('hint', `Its script was ended on the host. ${late}`)
  })
})

describe('a connection that is gone before the shell is started', () => {
  it('is a loss like any other, with its reason', async () => {
    const session = localSession({}, async () => ({ ...await connectLocal(), start: () => Promise.reject(new NotReachable('The line went dead.', { host: 'x', hint: 'Look after the cable.' })) }))
    const error = await failure(session, session.read([{ script: read`:` }]))
    expect(error).to.be.instanceOf(ConnectionLost).and.have.property('hint', 'Look after the cable.')
    expect(error).to.have.property('host', 'here')
    expect(error.message).to.equal('The line went dead.')
    const broken = localSession({}, async () => ({ ...await connectLocal(), start: () => Promise.reject(new TypeError('a defect')) }))
    expect(await failure(broken, broken.read([{ script: read`:` }]))).to.be.instanceOf(TypeError)
  })
})
