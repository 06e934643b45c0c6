import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { SteadError } from '../../../lib/errors.ts'
import { secret } from '../../../lib/secret/secret.ts'
import { LEFT_OUT, NO_SUCH_USER } from '../../../lib/shell/frame.ts'
import { apply, read, ReadScript } from '../../../lib/shell/script.ts'
import { ConnectionLost, ReadSession } from '../../../lib/shell/session.ts'
import type { Output } from '../../../lib/shell/output.ts'
import { connectLocal } from '../../../lib/transport/local.ts'
import { inTemporaryDirectory, localSession, withSession } from './local-session.ts'

const text = ({ stdout }: Output): string => stdout.toString()
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
/** A script that prints these bytes, whatever they are. */
const print = (bytes: Buffer): ReadScript => read`printf %s ${bytes.toString('base64')} | base64 -d`

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(() => expect.fail('it did not reject'), (error: unknown) => error)
}

describe('a session with a real shell', () => {
  it('answers several reads in one round trip, in their order', () => withSession(async session => {
    const outputs = await session.read([{ script: read`echo one` }, { script: read`echo two; exit 3` }, { script: read`echo three` }])
    expect(outputs.map(text)).to.deep.equal(['one\n', 'two\n', 'three\n'])
    expect(outputs.map(({ exitCode }) => exitCode)).to.deep.equal([0, 3, 0])
    expect(session.roundTrips).to.equal(1)
  }))

  it('counts a round trip a frame, and the bytes both ways', () => withSession(async session => {
    expect([session.roundTrips, session.bytesSent, session.bytesReceived]).to.deep.equal([0, 0, 0])
    await session.read([{ script: read`head -c 5000 /dev/zero` }])
    expect(session.bytesSent, 'the first frame is part of the command').to.equal(0)
    expect(session.bytesReceived).to.be.within(5000, 5200)
    const script = read`: ${'x'.repeat(3000)}`
    await session.read([{ script }])
    expect(session.bytesSent).to.be.within(3000, 3100)
    await session.apply([{ script: apply`cat >/dev/null`, stdin: Buffer.alloc(2000) }])
    expect(session.bytesSent).to.be.within(5000, 5300)
    expect(session.roundTrips).to.equal(3)
    session.close()
    expect(session.bytesReceived, 'what was counted outlives the connection').to.be.within(5000, 5400)
  }))

  it('is over once it was closed: what is still asked opens no connection again, which would keep the lock of its host', async () => {
    let connections = 0
    const session = localSession({}, async () => {
      connections += 1
      return connectLocal()
    })
    await session.read([{ script: read`:` }])
    session.close()
    expect(String(await failure(session.read([{ script: read`:` }])))).to.include('The session is closed.')
    expect(connections).to.equal(1)
    const late = localSession()
    const asked = failure(late.read([{ script: read`:` }]))
    late.close()
    expect(String(await asked)).to.include('The session is closed.')
  })

  it('brings standard output byte for byte, NUL and newlines at the end too', () => withSession(async session => {
    await fc.assert(fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 2000 }), { minLength: 1, maxLength: 5 }), async drawn => {
      const pieces = drawn.map(piece => Buffer.from(piece))
      const outputs = await session.read(pieces.map(piece => ({ script: print(piece) })))
      expect(outputs.map(({ stdout }) => stdout.toString('hex'))).to.deep.equal(pieces.map(piece => piece.toString('hex')))
    }), { numRuns: 60 })
    const endings = ['', '\n', '\n\n\n', 'a', 'a\n', 'a\n\n', '\0', '\0\n', '\n\0'].map(ending => Buffer.from(ending))
    const outputs = await session.read(endings.map(piece => ({ script: print(piece) })))
    expect(outputs.map(text)).to.deep.equal(endings.map(String))
  }))

  it('keeps standard error apart, in its whole length', () => withSession(async session => {
    const [mixed, long, after] = await session.read([
      { script: read`echo out; echo err >&2; echo out; echo more >&2` },
      { script: read`yes noise | head -c 300000 >&2; echo done` },
      { script: read`echo after` },
    ])
    expect(mixed && [text(mixed), mixed.stderr]).to.deep.equal(['out\nout\n', 'err\nmore'])
    expect(long && [text(long), long.stderr.length]).to.deep.equal(['done\n', 299999])
    expect(after && [text(after), after.stderr]).to.deep.equal(['after\n', ''])
  }))

  it('lets a read that fails, exits or is not a valid script fail alone', () => withSession(async session => {
    for (const round of [1, 2]) {
      const outputs = await session.read([
        { script: read`echo before` },
        { script: read`echo half; exit 7; echo never` },
        { script: read`if then 'fi ( ;;` },
        { script: read`no-such-program-here` },
        { script: read`trap '' TERM; set -e; false; echo never` },
        { script: read`echo after` },
      ])
      expect(outputs.map(({ exitCode }) => exitCode), `round ${round}`).to.deep.equal([0, 7, 2, 127, 1, 0])
      expect(outputs.map(text)).to.deep.equal(['before\n', 'half\n', '', '', '', 'after\n'])
      expect(outputs[2]?.stderr).to.match(/[Ss]yntax error/)
      expect(outputs[3]?.stderr).to.include('no-such-program-here')
    }
  }))

  it('keeps scripts apart: variables, functions, directory, umask and options of one do not reach another', () => withSession(async session => {
    const outputs = await session.read([
      { script: read`x=1; t=broken; f=1; e=1; m() { :; }; r() { :; }; cd /tmp; umask 077; set -f; set -u; exec 3>&-` },
      { script: read`pwd; umask; echo "x=$x"; echo /et[c]` },
    ])
    expect(outputs.map(text)[1]).to.equal('/\n0022\nx=\n/etc\n')
  }))

  it('gives scripts an unlocalised environment and the administrator\'s programs', () => withSession(async session => {
    const [output] = await session.read([{ script: read`printf '%s\n' "$LC_ALL"; case ":$PATH:" in *:/usr/sbin:*) echo sbin;; esac` }])
    expect(output && text(output)).to.equal('C\nsbin\n')
  }))

  it('gives a read no standard input, so that it cannot eat the next frame', () => withSession(async session => {
    await session.read([{ script: read`:` }])
    const outputs = await session.read([{ script: read`cat; echo end` }, { script: read`read -r x; echo "[$x]"` }])
    expect(outputs.map(text)).to.deep.equal(['end\n', '[]\n'])
  }))

  it('takes output for output, whatever it looks like', () => withSession(async session => {
    const frames = ['stead-0123456789abcdef0123456789abcdef', '\nstead-0123456789abcdef0123456789abcdef 0\n\nstead-0123456789abcdef0123456789abcdef\n', '\nstead-', 'stead- 0\n']
    const outputs = await session.read([...frames.map(frame => ({ script: read`printf %s ${frame}` })), ...frames.map(frame => ({ script: read`printf %s ${frame} >&2; exit 9` }))])
    expect(outputs.slice(0, 4).map(text)).to.deep.equal(frames)
    expect(outputs.slice(4).map(({ stderr }) => stderr)).to.deep.equal(frames.map(frame => frame.replace(/\n+$/, '')))
    expect(outputs.slice(4).map(({ exitCode }) => exitCode)).to.deep.equal([9, 9, 9, 9])
  }))

  it('answers frames in turn when they are asked side by side', () => withSession(async session => {
    const numbers = Array.from({ length: 20 }, (_, index) => index)
    const answers = await Promise.all(numbers.map(number => session.read([{ script: read`echo ${number}` }])))
    expect(answers.flat().map(text)).to.deep.equal(numbers.map(number => `${number}\n`))
    expect(session.roundTrips).to.equal(20)
  }))

  for (const [size, word] of [[30_000, 'plain'], [90_000, 'plain'], [5_000, "'"], [99_000, "'"], [60_000, "it's "], [150_000, 'plain'], [600_000, "it's "]] as const) {
    it(`opens with a first frame of ${size / 1000} kB (${JSON.stringify(word)}) as with any other`, () => withSession(async session => {
      const parts = Array.from({ length: 10 }, (_, index) => ({ script: read`printf %s ${word.repeat(size / 10 / word.length)} | wc -c; echo ${index}` }))
      const outputs = await session.read(parts)
      const length = Math.floor(size / 10 / word.length) * word.length
      expect(outputs.map(text)).to.deep.equal(parts.map((_, index) => `${length}\n${index}\n`))
      expect(session.roundTrips).to.equal(1)
    }))
  }

  it('brings 8 MB of output in one answer', () => withSession(async session => {
    const [output] = await session.read([{ script: read`head -c 8000000 /dev/zero | tr '\0' 'x'` }])
    expect(output?.stdout.length).to.equal(8_000_000)
  }))

  it('redacts what a host says on standard error', () => withSession(async session => {
    const password = secret('session-spec-password')
    const [output] = await session.read([{ script: read`echo ${`wrong: ${password.reveal()}`} >&2` }])
    expect(output?.stderr).to.equal('wrong: <secret>')
  }))

  it('says what a user is missing that a script was to run as', () => withSession(async session => {
    const [nobody, absent, own] = await session.read([{ script: read`id -un`, user: 'nobody' }, { script: read`echo never`, user: 'no-such-user' }, { script: read`id -u` }])
    if (process.getuid?.() === 0) expect(nobody && text(nobody)).to.equal('nobody\n')
    expect(absent && [text(absent), absent.stderr, absent.exitCode]).to.deep.equal(['', 'There is no user no-such-user.', NO_SUCH_USER])
    expect(own && text(own)).to.equal(`${process.getuid?.()}\n`)
  }))
})

describe('apply parts of a frame', () => {
  it('run in order; after one that failed the later ones are left out and reads still run', () => inTemporaryDirectory(directory => withSession(async session => {
    const at = (name: string): string => path.join(directory, name)
    const outputs = await session.apply([
      { script: apply`touch ${at('first')}` },
      { script: apply`cat >${at('second')}; echo broken >&2; exit 4`, stdin: Buffer.from('half') },
      { script: apply`cat >${at('third')}`, stdin: randomBytes(50_000) },
      { script: read`ls ${directory}` },
      { script: apply`touch ${at('fourth')}` },
      { script: read`echo last` },
    ])
    expect(outputs.map(({ exitCode }) => exitCode)).to.deep.equal([0, 4, LEFT_OUT, 0, LEFT_OUT, 0])
    expect(outputs[1]?.stderr).to.equal('broken')
    expect(outputs[3] && text(outputs[3])).to.equal('first\nsecond\n')
    expect(outputs[5] && text(outputs[5])).to.equal('last\n')
    const [again] = await session.apply([{ script: apply`touch ${at('fifth')}` }])
    expect(again?.exitCode, 'a later frame starts anew').to.equal(0)
    expect(existsSync(at('fifth'))).to.equal(true)
    expect(session.roundTrips).to.equal(2)
  })))

  it('are also skipped after one that is not a valid script, or exits', () => withSession(async session => {
    for (const script of [apply`if ; then (`, apply`exit 5`]) {
      const outputs = await session.apply([{ script }, { script: apply`echo never` }, { script: read`echo read` }])
      expect(outputs[0]?.exitCode).to.not.equal(0)
      expect(outputs.slice(1).map(({ exitCode }) => exitCode)).to.deep.equal([LEFT_OUT, 0])
    }
  }))

  it('are given standard input of any bytes and any size up to 100 kB', () => withSession(async session => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 3000 }), fc.integer({ min: 3000, max: 100_000 }).map(size => randomBytes(size)))
    await fc.assert(fc.asyncProperty(fc.array(bytes, { minLength: 1, maxLength: 3 }), async pieces => {
      const outputs = await session.apply([...pieces.map(stdin => ({ script: apply`sha256sum >&2`, stdin })), { script: read`echo next` }])
      expect(outputs.slice(0, -1).map(({ stderr }) => stderr.split(' ')[0])).to.deep.equal(pieces.map(sha256))
      expect(outputs.at(-1)?.stdout.toString()).to.equal('next\n')
    }), { numRuns: 50 })
  }))

  it('are given 50 MB', async () => withSession(async session => {
    const stdin = randomBytes(50_000_000)
    const [large, next] = await session.apply([{ script: apply`sha256sum >&2`, stdin }, { script: read`echo next` }])
    expect(large?.stderr.split(' ')[0]).to.equal(sha256(stdin))
    expect(next && text(next)).to.equal('next\n')
    expect(session.bytesSent).to.be.at.least(50_000_000)
  }))

  it('may ride in the first frame of a session with their standard input', () => withSession(async session => {
    const [first] = await session.apply([{ script: apply`cat >&2`, stdin: Buffer.from('hello') }])
    expect(first?.stderr).to.equal('hello')
  }))

  it('may leave standard input unread without disturbing what follows, in this frame and the next', () => withSession(async session => {
    const stdin = Buffer.concat([Buffer.from('5\necho wrong\n'), randomBytes(300_000)])
    for (const script of [apply`:`, apply`head -c 7 >/dev/null`, apply`exec <&-`, apply`exit 0`, apply`read -r line; echo "$line" >&2`]) {
      const outputs = await session.apply([{ script, stdin }, { script: apply`cat >&2`, stdin: Buffer.from('mine') }, { script: read`echo read` }])
      expect(outputs.map(({ exitCode }) => exitCode)).to.deep.equal([0, 0, 0])
      expect(outputs[1]?.stderr).to.equal('mine')
      const [next] = await session.read([{ script: read`echo next` }])
      expect(next && text(next)).to.equal('next\n')
    }
    const failed = await session.apply([{ script: apply`exit 3`, stdin }, { script: apply`cat`, stdin }, { script: read`echo read` }])
    expect(failed.map(({ exitCode }) => exitCode)).to.deep.equal([3, LEFT_OUT, 0])
  }))

  it('show what they print on standard output among their errors, so that nothing is lost', () => withSession(async session => {
    const [output] = await session.apply([{ script: apply`echo said; echo complained >&2; exit 1` }])
    expect(output && [text(output), output.stderr]).to.deep.equal(['', 'said\ncomplained'])
  }))
})

describe('a session that ends', () => {
  it('says that the connection was lost when the shell dies, with what it said', async () => {
    const session = localSession()
    const [pid] = await session.read([{ script: read`echo $$` }])
    process.kill(Number(pid && text(pid)), 'SIGKILL')
    const error = await failure(session.read([{ script: read`echo never` }]))
    expect(error).to.be.instanceOf(ConnectionLost)
    expect(String(error)).to.match(/connection was lost: .*SIGKILL/)
    session.close()
  })

  it('fails the current frame, and those that waited for it are tried in a new shell', async () => {
    const session = localSession()
    const [pid] = await session.read([{ script: read`echo $$` }])
    const under = failure(session.read([{ script: read`sleep 0.5` }]))
    const behind = session.read([{ script: read`echo $$` }])
    await new Promise(resolve => setTimeout(resolve, 100))
    process.kill(Number(pid && text(pid)), 'SIGKILL')
    expect(await under).to.be.instanceOf(ConnectionLost)
    const [other] = await behind
    expect(other && text(other)).to.match(/^\d+\n$/).and.not.equal(pid && text(pid))
    session.close()
  })

  it('says so when sudo asks for a password', async () => {
    const impossible = new ReadSession(async () => {
      const connection = await connectLocal()
      return { ...connection, start: () => connection.start('echo "sudo: a password is required" >&2; exit 1') }
    }, { host: 'here', become: 'sudo' })
    const error = await failure(impossible.read([{ script: read`:` }]))
    expect(error).to.be.instanceOf(SteadError)
    expect(String(error)).to.include('sudo does not let this user become root without a password')
  })
})
