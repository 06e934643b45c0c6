import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import { clearLeftovers, parseLeftovers, readLeftovers, temporaryFunctions } from '../../../lib/shell/temporary.ts'
import { apply } from '../../../lib/shell/script.ts'
import { Session } from '../../../lib/shell/session.ts'
import { command } from '../../../modules/command.ts'
import { file } from '../../../modules/file.ts'
import { runOver, statuses, type Tasks } from '../run/local-run.ts'
import { privateConnect } from '../../helpers/own-place.ts'
import { inTemporaryDirectory } from './local-session.ts'

/** A session on this machine, with a /var/lib of its own in `place`. */
async function onHost<Result>(place: string, work: (session: Session) => Promise<Result>): Promise<Result> {
  const session = new Session(privateConnect(`${place}/host`), { host: 'here', become: 'none' })
  try {
    return await work(session)
  } finally {
    session.close()
  }
}

/** Puts a file there for the length of a step that does not come to its end. */
const interrupted = (place: string, name = 'thing') => apply`${temporaryFunctions}
temporary ${name} ${`a file ${name}`} ${`rm -f ${place}/${name}; echo ${name} >>${place}/undone`} && touch ${`${place}/${name}`}`

const noted = (place: string): string[] => (existsSync(`${place}/host/lib/stead/temporary`) ? readdirSync(`${place}/host/lib/stead/temporary`) : [])

describe('what a step puts on a host for its own length', () => {
  const nothing: Tasks = ({ task }) => void task('nothing', file({ path: '/nowhere', state: 'absent' }))

  it('[fault 66] is cleaned up by the next run if the step was interrupted, as a check predicts; then there is nothing to change', () => inTemporaryDirectory(async place => {
    const tasks: Tasks = ({ task }) => void task('file', file({ path: `${place}/file`, content: 'x' }))
    const connect = privateConnect(`${place}/host`)
    await runOver(connect, tasks)
    await onHost(place, session => session.apply([{ script: interrupted(place) }]))
    expect([existsSync(`${place}/thing`), noted(place)]).to.deep.equal([true, ['thing']])
    const check = await runOver(connect, tasks, { check: true })
    expect([check.status, statuses(check), existsSync(`${place}/thing`)]).to.deep.equal(['change', ['Clean up after an interrupted run: change', 'file: ok'], true])
    expect(check.tasks[0]?.changes).to.deep.equal([{ resource: 'temporary[thing]', diff: 'a file thing: present → absent' }])
    const run = await runOver(connect, tasks)
    expect([run.tasks[0]?.changes, statuses(run)]).to.deep.equal([check.tasks[0]?.changes, statuses(check)])
    expect([existsSync(`${place}/thing`), noted(place)]).to.deep.equal([false, []])
    for (const options of [{ check: true }, {}]) {
      const { status, tasks: reported, roundTrips } = await runOver(connect, tasks, options)
      expect([status, reported.length, roundTrips]).to.deep.equal(['ok', 1, 1])
    }
  }))

  it('[fault 66] is cleaned up by the same run if only the shells of the step were killed', () => inTemporaryDirectory(async place => {
    await onHost(place, session => session.apply([{ script: interrupted(place, 'a') }]))
    const cutAgain = interrupted(place, 'b').text.replaceAll("'", `'\\''`)
    const tasks: Tasks = play => {
      play.task('dies', command({ argv: ['sh', '-c', `sh -c '${cutAgain}'; echo >${place}/made; p=$PPID; s=; while [ "$(cat /proc/$p/comm)" = sh ]; do s="$p $s"; p=$(awk '{ print $4 }' /proc/$p/stat); done; kill -KILL $s`], creates: `${place}/made` }))
    }
    const run = await runOver(privateConnect(`${place}/host`), tasks)
    expect(statuses(run)).to.deep.equal(['Clean up after an interrupted run: change', 'Clean up after an interrupted run: change', 'dies: change'])
    expect([existsSync(`${place}/a`), existsSync(`${place}/b`), noted(place)]).to.deep.equal([false, false, []])
  }))

  it('is not cleaned up while its step is still running', () => inTemporaryDirectory(async place => {
    const connect = privateConnect(`${place}/host`)
    await onHost(place, async session => {
      const working = session.apply([{ script: apply`${interrupted(place)}
n=0; while [ ! -e ${`${place}/go`} ] && [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done; rm ${`${place}/thing`}; undone thing` }])
      while (!existsSync(`${place}/thing`)) await new Promise(resolve => setTimeout(resolve, 20))
      expect((await runOver(connect, nothing, { check: true })).tasks.length).to.equal(1)
      expect((await runOver(connect, nothing)).tasks.length).to.equal(1)
      expect(existsSync(`${place}/thing`)).to.equal(true)
      writeFileSync(`${place}/go`, '')
      const [output] = await working
      expect(output?.exitCode, output?.stderr).to.equal(0)
    })
    expect(noted(place)).to.deep.equal([])
  }))

  it('a run fails if it cannot clean up, and tries again the next time', () => inTemporaryDirectory(async place => {
    await onHost(place, session => session.apply([{ script: apply`${temporaryFunctions}
temporary stuck ${'a stuck thing'} ${`[ -e ${place}/allow ] || { echo "it is stuck" >&2; false; }`}` }]))
    await onHost(place, async session => {
      const [output] = await session.apply([{ script: clearLeftovers }])
      if (!output) throw new Error('no answer')
      expect(() => parseLeftovers(output)).to.throw('Could not clean up').and.to.have.property('stderr').that.contains('it is stuck')
    })
    expect(noted(place)).to.deep.equal(['stuck'])
    writeFileSync(`${place}/allow`, '')
    await onHost(place, session => session.apply([{ script: clearLeftovers }]))
    expect(noted(place)).to.deep.equal([])
  }))

  for (const text of ['', 'half a note', `half a note\n1 1\n`]) {
    it(`[fault 66] after a power cut that left of the note only ${JSON.stringify(text)} nothing is undone, since nothing was created; the next run removes the note`, () => inTemporaryDirectory(async place => {
      mkdirSync(`${place}/host/lib/stead/temporary`, { recursive: true })
      writeFileSync(`${place}/host/lib/stead/temporary/.half`, text === '' ? '' : `${text}touch ${place}/undone`)
      for (const script of [readLeftovers, clearLeftovers]) {
        const [output] = await onHost(place, session => session.apply([{ script }]))
        expect(output && parseLeftovers(output)).to.deep.equal([{ name: '.half', what: 'a note that was not finished' }])
      }
      expect([noted(place), existsSync(`${place}/undone`)]).to.deep.equal([[], false])
    }))
  }

  it('any text is undone as it was noted down, whatever it quotes', () => inTemporaryDirectory(async place => {
    await onHost(place, async session => {
      await fc.assert(fc.asyncProperty(fc.string({ unit: fc.constantFrom('\'', '"', '\\', '$', '`', '\n', ' ', 'a', '*', 'é'), minLength: 1, maxLength: 20 }), async text => {
        writeFileSync(`${place}/undone`, '')
        const print = apply`printf %s ${text} >${`${place}/undone`}`
        const [noting, cleared] = await session.apply([{ script: apply`${temporaryFunctions}
temporary any ${'anything'} ${print.text}` }, { script: clearLeftovers }])
        expect([noting?.exitCode, cleared && parseLeftovers(cleared)]).to.deep.equal([0, [{ name: 'any', what: 'anything' }]])
        expect(readFileSync(`${place}/undone`, 'utf8')).to.equal(text)
      }), { numRuns: 30 })
    })
  }))
})
