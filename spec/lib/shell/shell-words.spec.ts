import { expect } from 'chai'
import { ConnectError } from '../../../lib/errors.ts'
import { secret } from '../../../lib/secret/secret.ts'
import { read } from '../../../lib/shell/script.ts'
import { ConnectionLost, type SessionOptions } from '../../../lib/shell/session.ts'
import { Shell } from '../../../lib/shell/shell.ts'
import type { Output } from '../../../lib/shell/output.ts'
import { connectLocal } from '../../../lib/transport/local.ts'
import { localSession } from './local-session.ts'

const token = '01234567-89ab-cdef-0123-456789abcdef'
/** What a host's shell says when it begins, and as the answer to the first frame. */
const begins = `printf '\\nstead-shell ${token} 4711\\n'`
const answers = (part: string, stdout = ''): string => `printf '${stdout}\\n${token} ${part}\\n\\n${token} 0\\n'`
const here = { host: 'here', become: 'none', note: () => undefined } as const

/** Asks a host that runs this script in the place of stead's shell. */
async function ask(script: string, options: Partial<SessionOptions> = {}): Promise<Output[]> {
  const session = localSession({ connectTimeoutSeconds: 1, ...options }, async () => {
    const connection = await connectLocal()
    return { ...connection, start: () => connection.start(script) }
  })
  try {
    return await session.read([{ script: read`:` }])
  } finally {
    session.close()
  }
}

const refused = (script: string, options?: Partial<SessionOptions>): Promise<ConnectError> => ask(script, options).then(() => expect.fail('it did not reject'), (error: unknown) => {
  expect(error).to.be.instanceOf(ConnectError)
  return error instanceof ConnectError ? error : expect.fail()
})

describe('a host that greets', () => {
  const inFull = `${begins}; ${answers('1.1', 'here')}; exec sleep 60`

  it('is understood behind its greeting, however long that is and however it is cut', async () => {
    for (const greeting of ['echo Welcome to web1', `head -c 200000 /dev/zero | tr '\\0' x`, `echo 'stead-shell is no program here'; printf 'x stead-shell ${token} 1'`, `printf 'Welcome\\nstead-shell 01234'; sleep 0.05; echo`]) {
      expect((await ask(`${greeting}; ${inFull}`)).map(({ stdout, exitCode }) => [stdout.toString(), exitCode]), greeting).to.deep.equal([['here', 0]])
    }
    const slow = `printf '\\nstead-she'; sleep 0.05; printf 'll ${token} 47'; sleep 0.05; echo 11; ${answers('1.1', 'here')}; exec sleep 60`
    expect((await ask(slow))[0]?.stdout.toString()).to.equal('here')
  })

  it('and says who is waited for, does so once for each time', async () => {
    const notes: string[] = []
    await ask(`echo; echo 'stead-waits own ä'; sleep 0.05; echo 'stead-waits same-run bob, on "ü"'; ${inFull}`, { note: note => notes.push(note) })
    expect(notes).to.deep.equal(['The step that was interrupted by the lost connection is still running on the host; waiting for it to finish.', 'This run is already using the same machine under another name; waiting for that to finish: bob, on "ü".'])
  })

  it('and then refuses, is quoted with both of its voices, without what it said of waiting', async () => {
    secret('Words-of-a-refusal')
    const error = await refused(`printf 'Grüße\\nstead-waits own x\\n'; echo ' no Words-of-a-refusal ' >&2; exit 9`)
    expect([error.message, error.stderr, error.host, error.exitStatus]).to.deep.equal(['The host did not start a shell for stead (exit status 9).', 'Grüße\nno <secret>', 'here', 4])
    expect(error.hint).to.include('ForceCommand')
    expect(error).to.not.be.instanceOf(ConnectionLost)
    expect((await refused('exit 0')).stderr).to.equal('')
    expect((await refused(`echo only this; exit 1`)).stderr).to.equal('only this')
  })

  it('is quoted with the end of what it says', async () => {
    const error = await refused(`head -c 100000 /dev/zero | tr '\\0' x; echo end; { head -c 5000 /dev/zero | tr '\\0' y; echo last; } >&2; exit 1`)
    expect(error.stderr).to.equal(`${'x'.repeat(64_000 - 4)}end\n${'y'.repeat(3996)}last`)
  })
})

describe('a host that does not start a shell', () => {
  it('gives no hint where a script of stead says itself what is wrong', async () => {
    for (const code of [72, 73, 74]) expect((await refused(`echo why >&2; exit ${code}`)).hint, `${code}`).to.equal(undefined)
    for (const code of [1, 71, 76]) expect((await refused(`exit ${code}`)).hint, `${code}`).to.include('login shell')
  })

  it('says that sudo refuses only where sudo was asked', async () => {
    const words = "echo 'sudo: a password is required' >&2; exit 1"
    expect((await refused(words, { become: 'sudo' })).message).to.include('without a password')
    expect((await refused(words, { become: 'sudo' })).stderr).to.equal('sudo: a password is required')
    expect((await refused(words, { become: 'sudo' })).hint).to.equal('Log in as root, or allow the user NOPASSWD in sudoers(5).')
    expect((await refused(words)).message).to.include('did not start a shell')
  })

  it('because of the lock, names its holder; once it has begun, the same exit code is a loss', async () => {
    const locked = await refused("echo ' bob, since today ' >&2; exit 75")
    expect([locked.message, locked.host]).to.deep.equal(['Another run is using this host: bob, since today.', 'here'])
    expect(locked.hint).to.include('Wait until it has finished')
    expect(locked).to.not.be.instanceOf(ConnectionLost)
    const lost = await refused(`${begins}; echo oops >&2; exit 75`)
    expect(lost).to.be.instanceOf(ConnectionLost)
    expect([lost.message, lost.stderr, lost.host]).to.deep.equal(['The connection was lost: the shell ended with exit code 75.', 'oops', 'here'])
  })

  it('because it is killed, is lost, and the signal is reported', async () => {
    const error = await refused('kill -TERM $$')
    expect(error).to.be.instanceOf(ConnectionLost)
    expect(error.message).to.equal('The connection was lost: the shell was ended by signal SIGTERM.')
  })

  it('shows no half of a secret where its words are cut', async () => {
    secret(`Words-at-a-cut-${'z'.repeat(50)}`)
    const error = await refused(`${begins}; { echo; echo Words-at-a-cut-${'z'.repeat(50)}; head -c 3970 /dev/zero | tr '\\0' y; } >&2; exit 1`)
    expect(error.stderr).to.match(/^[^z]*y{3970}$/).and.have.length(3979)
  })
})

describe('a host that says something else than was asked', () => {
  it('is given up, with its words', async () => {
    const wrong = await refused(`${begins}; ${answers('1.2')}; exec sleep 60`)
    expect(wrong).to.be.instanceOf(ConnectionLost).and.have.property('nothingSent', false)
    expect(wrong.message).to.equal(`The host's answers are out of step (it answered "1.2" instead of 1.1), so the connection was given up.`)
    expect(wrong.hint).to.include('Redirect that output elsewhere')
    expect(wrong.host).to.equal('here')
    expect((await refused(`${begins}; printf '\\n${token} 1.1\\n\\n${token} x\\n'; exec sleep 60`)).message).to.include('(it answered "x" instead of an exit code)')
    const long = 'y'.repeat(60)
    expect((await refused(`${begins}; printf '\\n${token} ${long}\\n'; exec sleep 60`)).message).to.include(`(it answered "${'y'.repeat(40)}" instead of 1.1)`)
    expect((await refused(`${begins}; printf '\\n${token} 1.1\\n\\n${token} ${long}\\n'; exec sleep 60`)).message).to.include(`(it answered "${'y'.repeat(40)}" instead of an exit code)`)
  })

  it('is not listened to any more, even if it then says what is due', async () => {
    const connection = await connectLocal()
    const shell = new Shell(await connection.start(`${begins}; ${answers('9.9')}; ${answers('2.1')}; exec sleep 60`), here)
    const waiting = { timeoutSeconds: 5, noteAfterSeconds: 5, note: () => undefined }
    for (const frame of [1, 2]) {
      const error: unknown = await shell.exchange(frame, [], [undefined], waiting).then(() => expect.fail('it was believed'), (thrown: unknown) => thrown)
      expect(error, `${frame}`).to.be.instanceOf(ConnectionLost).and.have.property('message').that.includes('"9.9" instead of 1.1')
      expect(error).to.have.property('nothingSent', frame === 2)
    }
    expect(shell.pid).to.equal(4711)
    connection.close()
  })

  it('shows no secret in the notes of a part', async () => {
    const notes: string[] = []
    secret('Words-of-a-note')
    await ask(`${begins}; printf 'at Words-of-a-note, Grüße\\n${token} note\\n'; ${answers('1.1')}; exec sleep 60`, { note: note => notes.push(note) })
    expect(notes).to.deep.equal(['at <secret>, Grüße'])
  })
})
