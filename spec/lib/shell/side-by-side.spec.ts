import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { apply, read } from '../../../lib/shell/script.ts'
import { inTemporaryDirectory, withSession } from './local-session.ts'

const texts = (outputs: readonly { stdout: Buffer }[]) => outputs.map(({ stdout }) => stdout.toString())

describe('the reads of one frame', () => {
  it('run side by side: the first may wait for what comes with the last', async () => {
    await inTemporaryDirectory(async directory => {
      const pipe = `${directory}/pipe`
      execFileSync('mkfifo', [pipe])
      const outputs = await withSession(session => session.read([{ script: read`cat ${pipe}` }, { script: read`echo 2` }, { script: read`echo met >${pipe}` }], { timeoutSeconds: 20 }))
      expect(texts(outputs)).to.deep.equal(['met\n', '2\n', ''])
    })
  })

  it('are answered in their order, each with its own exit code and standard error, however many they are', async () => {
    for (const count of [1, 2, 3, 4, 5, 7, 8, 9, 13]) {
      const parts = Array.from({ length: count }, (_, at) => ({ script: read`sleep 0.0${String((count - at) % 10)}; printf ${`out ${at}`}; echo ${`err ${at}`} >&2; exit ${at}` }))
      const outputs = await withSession(async session => [...await session.read(parts), ...await session.read(parts)])
      const numbers = [...parts.keys(), ...parts.keys()]
      expect(outputs.map(({ stdout, stderr, exitCode }) => [stdout.toString(), stderr.trim(), exitCode])).to.deep.equal(numbers.map(at => [`out ${at}`, `err ${at}`, at]))
    }
  })

  it('keep every byte of an answer, whichever place it has', async () => {
    const outputs = await withSession(session => session.read([1, 2, 3, 4, 5].map(at => ({ script: read`head -c ${300_000 * at} /dev/zero; printf '\n\377\n\n%s\n' 'no end'; printf 'last\r'` }))))
    for (const [at, { stdout }] of outputs.entries()) expect(stdout.equals(Buffer.concat([Buffer.alloc(300_000 * (at + 1)), Buffer.from('\n\xff\n\nno end\nlast\r', 'latin1')])), `part ${at}`).to.equal(true)
  })

  it('wait for no program that one of them leaves in the background with its output open', async () => {
    const outputs = await withSession(session => session.read([1, 2, 3, 4, 5].map(at => ({ script: read`sleep 30 & echo ${at} $!` })), { timeoutSeconds: 20 }))
    for (const text of texts(outputs)) process.kill(Number(text.split(' ')[1]))
    expect(texts(outputs).map(text => text.split(' ')[0])).to.deep.equal(['1', '2', '3', '4', '5'])
  })

  it('come behind the writes before them and ahead of those after them', async () => {
    await inTemporaryDirectory(async directory => {
      const look = { script: read`ls ${directory}` }
      const make = (name: string) => ({ script: apply`sleep 0.1; : >${`${directory}/${name}`}` })
      const outputs = await withSession(session => session.apply([look, look, make('a'), look, look, look, make('b'), look, look]))
      expect(texts(outputs)).to.deep.equal(['', '', '', 'a\n', 'a\n', 'a\n', '', 'a\nb\n', 'a\nb\n'])
    })
  })

  it('end the session at once if a lane of theirs is killed, rather than wait for answers that are lost', () => withSession(async session => {
    const kill = { script: read`sleep 0.5; for p in $(pgrep -P $$); do pkill -9 -P "$p" -x sed; done` }
    const startedAt = performance.now()
    expect(await session.read([{ script: read`:` }, kill, { script: read`sleep 1` }, { script: read`sleep 1` }], { timeoutSeconds: 15 }).then(() => 'answered', String)).to.include('The connection was lost')
    expect(performance.now() - startedAt, 'ms').to.be.below(60_000)
  }))

  it('[fault 1] cannot be ended by anything that another user could read in a command line, whoever runs them', async () => {
    const parents = (pid: string): string[] => {
      try {
        const parent = /\) \S (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1]
        return parent === undefined || parent === '0' ? [] : [parent, ...parents(parent)]
      } catch {
        // It has ended meanwhile.
        return []
      }
    }
    // Of this process alone: other runs may be at work on this machine.
    const lines = () => readdirSync('/proc').filter(name => /^\d+$/.test(name) && parents(name).includes(String(process.pid))).flatMap(pid => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'latin1')]
      } catch {
        return []
      }
    })
    for (const user of [undefined, 'nobody']) await withSession(async session => {
      const reading = session.read([1, 2, 3, 4].map(at => ({ script: read`sleep 0.${String(at + 3)}`, user })))
      const seen: string[] = []
      for (let over = false; !over; over = await Promise.race([reading.then(() => true), new Promise<false>(done => setTimeout(() => { done(false) }, 50))])) seen.push(...lines())
      expect(seen.filter(line => line.includes('sed\0-f\0/proc/self/fd/4'))).to.not.be.empty
      // The script that starts the session is a single word, in which no mark is yet.
      expect(seen.filter(line => /[0-9a-f]{8}-[0-9a-f]{4}-/.test(line))).to.be.empty
    })
  })
})
