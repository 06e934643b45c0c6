import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { apply, read } from '../../../lib/shell/script.ts'
import { ConnectionLost, TimedOut, type Session } from '../../../lib/shell/session.ts'
import type { Output } from '../../../lib/shell/output.ts'
import { connectLocal } from '../../../lib/transport/local.ts'
import { eventually } from '../../helpers/eventually.ts'
import { inTemporaryDirectory, localSession, withSession } from './local-session.ts'

const text = (output: Output | undefined): string => output?.stdout.toString() ?? ''
const failure = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => expect.fail('it did not reject'), (error: unknown) => error)
const alive = (pid: number): boolean => existsSync(`/proc/${pid}`)

/** What every process of this machine shows in its command line and its environment. */
function shown(): string {
  return readdirSync('/proc').filter(name => /^\d+$/.test(name)).flatMap(pid => ['cmdline', 'environ'].map(file => {
    try {
      return readFileSync(path.join('/proc', pid, file), 'latin1')
    } catch {
      // It has ended, or is somebody else's.
      return ''
    }
  })).join('\n')
}

/** Runs work with a session whose processes are ended by their ids, whatever becomes of it. */
const ending = (pids: readonly number[]): void => pids.forEach(pid => {
  if (alive(pid)) process.kill(pid, 'SIGKILL')
})

describe('[fault 1] what a host says', () => {
  it('is recognised by a token that the host generates for every connection, and that no process shows', () => withSession(async session => {
    const [first] = await session.read([{ script: read`echo "$t"; sleep 0.2` }])
    const token = text(first).trim()
    expect(token).to.match(/^[0-9a-f-]{36}$/)
    const during = session.read([{ script: read`sleep 1` }, ...(process.getuid?.() === 0 ? [{ script: read`sleep 0.1; echo "[$t]"`, user: 'nobody' }] : [])])
    await sleep(300)
    expect(shown()).to.not.include(token)
    const [, other] = await during
    if (other) expect(text(other), "another user's script").to.equal('[]\n')
    await withSession(async again => expect(text((await again.read([{ script: read`echo "$t"` }]))[0]).trim()).to.match(/^[0-9a-f-]{36}$/).and.not.equal(token))
  }))

  it('without a request, or in another frame, ends the connection: the next one reads everything again', () => withSession(async session => {
    const [one] = await session.read([{ script: read`(sleep 0.2; echo late) & echo $$` }])
    await sleep(400)
    const error = await failure(session.read([{ script: read`echo never` }]))
    expect(error).to.be.instanceOf(ConnectionLost).and.have.property('nothingSent', true)
    expect(String(error)).to.include('out of step')
    const [two] = await session.read([{ script: read`echo $$` }])
    expect(text(two)).to.match(/^\d+\n$/).and.not.equal(text(one))
  }))

  // Only root can run a script as somebody else.
  if (process.getuid?.() === 0) it('comes from another user only while the script runs: a background process can neither write into later answers nor read what is sent', () => withSession(async session => {
      const [forger] = await session.read([{ script: read`(sleep 0.2; while :; do echo "forged $t 2.1"; done) 2>/dev/null & readlink /proc/self/fd/* 2>/dev/null | sort -u; echo $!`, user: 'nobody' }])
      const pid = Number(text(forger).trim().split('\n').at(-1))
      try {
        await sleep(300)
        for (const word of ['one', 'two']) expect(text((await session.read([{ script: read`sleep 0.1; echo ${word}` }]))[0])).to.equal(`${word}\n`)
        const [own] = await session.read([{ script: read`readlink /proc/$$/fd/0 /proc/$$/fd/1` }])
        for (const channel of text(own).trim().split('\n')) expect(text(forger)).to.not.include(channel)
      } finally {
        ending([pid])
      }
    }))
})

describe('[fault 41] a part', () => {
  it('ends with its process: a background process that keeps its output open delays nothing, and lives on', () => inTemporaryDirectory(directory => withSession(async session => {
    const pids: number[] = []
    const started = performance.now()
    try {
      const script = `(trap '' HUP; sleep 0.3; for i in 1 2 3; do echo said; echo complained >&2; done; echo done >${directory}/done; exec sleep 3333) & echo $! >${directory}/pid`
      const outputs = await session.apply([{ script: apply`eval ${script}; echo applied` }, { script: read`cat ${directory}/pid` }, { script: read`sleep 3333 >/dev/null & echo $!` }, { script: read`echo last` }])
      pids.push(...outputs.slice(1, 3).map(output => Number(text(output))))
      expect(performance.now() - started).to.be.below(60_000)
      expect(outputs.map(({ exitCode }) => exitCode)).to.deep.equal([0, 0, 0, 0])
      expect(outputs[0]?.stderr).to.equal('applied')
      expect(text(outputs[3])).to.equal('last\n')
      // It writes into what nobody reads any more, and is not ended by that.
      await eventually(10, async () => expect(existsSync(path.join(directory, 'done'))).to.equal(true), 50)
      expect(pids.map(alive)).to.deep.equal([true, true])
      expect(text((await session.read([{ script: read`echo next` }]))[0])).to.equal('next\n')
    } finally {
      ending(pids)
    }
  })))
})

describe('[fault 3] a frame', () => {
  const over = (session: Session): Promise<unknown> => failure(session.apply([{ script: apply`sleep 4321`, about: 'command[sleep 4321]' }, { script: read`:` }], { timeoutSeconds: 1 }))

  it('that is not answered in time is given up, and its script is ended on the host, so that nothing keeps the lock', async () => {
    const notes: string[] = []
    const session = localSession({ note: note => notes.push(note), noteAfterSeconds: 0.3 })
    try {
      const [shell] = await session.read([{ script: read`echo $$` }])
      const error = await over(session)
      expect(error).to.be.instanceOf(TimedOut)
      expect(error).to.have.property('hint').that.includes('ended on the host').and.includes('timeoutSeconds')
      expect(String(error)).to.include('has not answered for 1 s: command[sleep 4321]')
      expect(notes.join('\n')).to.match(/^Waiting for the host since \d\d:\d\d:\d\d: command\[sleep 4321\]\. stead gives up at \d\d:\d\d:\d\d/)
      expect(alive(Number(text(shell)))).to.equal(false)
      expect(shown()).to.not.include('sleep\u00004321')
      expect(text((await session.read([{ script: read`echo again` }]))[0])).to.equal('again\n')
    } finally {
      session.close()
    }
  }).timeout(180_000)

  it('whose part prints more to standard error than is of use keeps the beginning', () => withSession(async session => {
    const [output] = await session.apply([{ script: apply`yes 0123456789012345678901234567890123456789 | head -c 1500000 >&2; exit 3` }])
    expect(output?.exitCode).to.equal(3)
    expect(output?.stderr.length).to.be.within(1_000_000, 1_001_000)
  })).timeout(180_000)
})

describe('[fault 75] a part that reports what it waits for', () => {
  it('is heard while it waits', async () => {
    const notes: string[] = []
    const session = localSession({ note: note => notes.push(note) })
    try {
      const done = session.apply([{ script: apply`echo 'stead-note: waiting for the other apt'; sleep 1; echo 'stead-note: it has ended' >&2` }])
      await eventually(10, async () => expect(notes).to.deep.equal(['waiting for the other apt']), 20)
      const [output] = await done
      expect([output?.exitCode, notes]).to.deep.equal([0, ['waiting for the other apt', 'it has ended']])
    } finally {
      session.close()
    }
  })
})

describe('[fault 4] a session through sudo', () => {
  /** A host that says this and goes away as it does, before any shell has begun. */
  const saying = (stderr: string, end: string) => failure(localSession({ become: 'sudo', connectTimeoutSeconds: 1 }, async () => {
    const connection = await connectLocal()
    return { ...connection, start: () => connection.start(`echo "${stderr}" >&2; ${end}`) }
  }).read([{ script: read`:` }]))

  it('takes a lost connection for one, whatever sudo has warned of before', async () => {
    expect(await saying('sudo: unable to resolve host web1: Name or service not known', 'kill -KILL $$')).to.be.instanceOf(ConnectionLost)
    for (const words of ['sudo: unable to resolve host web1: Name or service not known', 'sudo: unable to send audit message']) {
      expect(String(await saying(words, 'exit 1'))).to.include('did not start a shell')
    }
  })

  it('says that sudo refuses in each of the ways in which it does', async () => {
    for (const words of ['sudo: a password is required', 'sudo: a terminal is required to read the password', 'sudo: sorry, you must have a tty to run sudo', 'ada is not in the sudoers file.', 'Sorry, user ada is not allowed to execute x as root on web1.', 'sh: 1: exec: sudo: not found']) {
      expect(String(await saying(words, 'exit 1')), words).to.include('sudo does not let this user become root without a password')
    }
  })
})
