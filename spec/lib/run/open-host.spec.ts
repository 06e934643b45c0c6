import { existsSync } from 'node:fs'
import { expect } from 'chai'
import { choosePlay, openHost, prepare, type Prepared } from '../../../lib/run/open-host.ts'
import { hostSource, type Observer } from '../../../lib/walk/host-walk.ts'
import { playbook, type Play } from '../../../lib/index.ts'
import type { Facts } from '../../../lib/state/facts.ts'
import type { HostPlay } from '../../../lib/playbook/playbook.ts'
import { ReadSession, type ReadOnlyPart } from '../../../lib/shell/session.ts'
import type { Output } from '../../../lib/shell/output.ts'
import { command } from '../../../modules/command.ts'
import { file } from '../../../modules/file.ts'
import { user } from '../../../modules/user.ts'
import { here, silent, type Tasks } from './local-run.ts'
import { inTemporaryDirectory, privateConnect } from '../shell/local-session.ts'
import { lineWith, recorded, wantLine } from '../apply/recorded.ts'

const facts: Facts = { os: { id: 'debian', version: '12', codename: 'bookworm' }, kernel: '6', architecture: 'x86_64', hostname: 'here', memoryBytes: 1, cores: 2, diskFreeBytes: 1, clock: 1 }
const prepared = (tasks: Tasks): Prepared => prepare(playbook({ name: 'Spec', hosts: 'all', tasks: (play: Play) => void tasks(play) }), here, {})
const names = ({ steps }: HostPlay): string[] => steps.map(step => ('task' in step ? step.task.name : 'flush'))

/** A session on this machine of which some answers are said to be too long. */
class Overlong extends ReadSession {
  readonly #at: number

  constructor(place: string, at: number) {
    super(privateConnect(`${place}/host`), { host: 'here', become: 'none' })
    this.#at = at
  }

  override async read(parts: readonly ReadOnlyPart[]): Promise<Output[]> {
    return (await super.read(parts)).map((output, index) => (index === this.#at ? { ...output, tooLong: true } : output))
  }
}

/** Opens a host, and gives what came of it, or why nothing did. */
async function opened(session: ReadSession, tasks: Tasks, observer: Partial<Observer> = {}): Promise<string> {
  try {
    return await openHost(session, prepared(tasks), () => true, { ...silent, ...observer }).then(({ name }) => name, (error: unknown) => String(error))
  } finally {
    session.close()
  }
}

describe('A playbook that is prepared for a host', () => {
  it('is laid out before any connection, once, whatever facts come later', () => {
    const laidOut = prepared(({ task }) => void task('a', command({ argv: ['true'] })))
    expect(laidOut.play && names(laidOut.play)).to.deep.equal(['a'])
    expect(laidOut.learn(facts)).to.equal(laidOut.play)
  })

  it('is laid out by its facts where it looks at them', () => {
    const later = prepared(({ task, host }) => {
      for (let core = 0; core < host.cores; core += 1) task(`core ${core}`, command({ argv: ['true'] }))
    })
    expect(later.play).to.equal(undefined)
    expect(names(later.learn(facts))).to.deep.equal(['core 0', 'core 1'])
  })

  it('fails with its own words, by name and place, where its code fails', () => {
    expect(() => prepared(() => { throw new RangeError('too far') })).to.throw('The playbook "Spec" cannot be laid out: RangeError: too far').and.to.have.property('hint').that.matches(/spec\/lib\/run\/open-host\.spec\.ts:\d+:\d+\.$/)
  })

  it('is refused with all arguments that are wrong where facts were needed to lay it out', () => {
    const later = prepared(({ task, host }) => {
      task('a', file({ path: host.os.id }))
      task('b', file({ path: '/x', mode: '9' }))
    })
    expect(() => later.learn(facts)).to.throw(/^The arguments of the playbook are wrong\.\n"a": file: path: must be .*\n"b": file: mode: must be /)
  })

  it('keeps its flushes where tags leave tasks out, and those are known', async () => {
    const { play } = prepared(({ task, flushHandlers }) => {
      task('a', command({ argv: ['true'] }))
      flushHandlers()
      task('b', command({ argv: ['true'] }))
    })
    if (!play) throw new Error('It was not laid out.')
    const { play: chosen, leftOut, asked } = await choosePlay(play, ({ name }) => name === 'b')
    expect([names(chosen), leftOut.map(({ name }) => name), [...asked.keys()].map(({ name }) => name), names(play)]).to.deep.equal([['flush', 'b'], ['a'], ['b'], ['a', 'flush', 'b']])
  })
})

describe('A host that is opened', () => {
  it('is asked for all in one frame, for as long as the most patient task says', () => inTemporaryDirectory(async place => {
    const timeouts = async (...limits: (number | undefined)[]) => {
      const { session } = await recorded(privateConnect(`${place}/host`), ({ task, flushHandlers }) => {
        flushHandlers()
        for (const [index, timeoutSeconds] of limits.entries()) task(`${index}`, wantLine('/nowhere', null), { timeoutSeconds })
      })
      return session.asked.map(({ timeoutSeconds }) => timeoutSeconds)
    }
    expect(await timeouts(400, 700, 500)).to.deep.equal([700])
    expect(await timeouts(undefined)).to.deep.equal([0])
  }))

  it('is asked for its facts first where the playbook is laid out by them, and what they are is told while it is waited for', () => inTemporaryDirectory(async place => {
    const { session, walk } = await recorded(privateConnect(`${place}/host`), ({ task, host }) => void task(host.os.id, wantLine('/nowhere', null), { timeoutSeconds: 500 }))
    expect(session.asked.map(({ parts, timeoutSeconds }) => [parts.map(({ about }) => about), timeoutSeconds])).to.deep.equal([[['its facts'], 0], [['its facts', undefined, undefined, 'reading the current state (line)'], 500]])
    expect([walk.name, walk.playbook, names(walk.play)]).to.deep.equal(['here', 'Spec', [walk.facts.os.id]])
  }))

  it('asks patiently again for what was not known ahead', () => inTemporaryDirectory(async place => {
    const { session } = await recorded(privateConnect(`${place}/host`), ({ task }) => {
      const first = task('first', wantLine('/nowhere', null))
      task('second', async () => wantLine(`/${String(await first)}`, null), { timeoutSeconds: 900 })
    })
    expect(session.asked.map(({ timeoutSeconds }) => timeoutSeconds)).to.deep.equal([900, 900])
  }))

  it('gives what it has, and its facts; nothing may come besides', () => inTemporaryDirectory(async place => {
    const { walk } = await recorded(privateConnect(`${place}/host`), ({ task }) => void task('a', wantLine(`${place}/a`, 'x')))
    const source = hostSource(walk)
    expect([source.packagesPending(), source.anythingPending(), source.facts(), await source.current(lineWith(), { path: `${place}/a` })]).to.deep.equal([false, false, walk.facts, { line: 'x' }])
  }))

  it('is given up where what it says of itself is more than is taken', () => inTemporaryDirectory(async place => {
    for (const at of [0, 1, 2]) expect(await opened(new Overlong(place, at), ({ task }) => void task('a', wantLine('/nowhere', null)))).to.equal('ReadError: The facts of the host are longer than one frame allows.')
    expect(await opened(new Overlong(place, 3), ({ task }) => void task('a', wantLine('/nowhere', null)))).to.equal('here')
  }))

  it('is left alone where tasks say contrary things, which facts were needed to see; what may be meant is a note', () => inTemporaryDirectory(async place => {
    const notes: string[] = []
    const observer = { note: (host: string, message: string) => void notes.push(`${host}: ${message}`) }
    const contrary = ({ task, host }: Play) => {
      task('one', file({ path: `${place}/x`, mode: '0600', content: host.os.id }))
      task('other', file({ path: `${place}/x`, mode: '0644' }))
    }
    const session = () => new ReadSession(privateConnect(`${place}/host`), { host: 'here', become: 'none' })
    expect(await opened(session(), contrary, observer)).to.equal(`PlaybookError: The playbook is wrong; nothing was touched.\n"one" and "other" contradict each other about file[${place}/x]: mode "0600" and "0644".\n  Every run would change it twice. Remove one of them, or give one a \`when\` or a tag.`)
    expect(notes).to.deep.equal([])
    expect(await opened(session(), ({ task, host }) => {
      task('gone', file({ path: `${place}/x`, state: 'absent' }))
      task('made', file({ path: `${place}/x`, content: host.os.id }))
    }, observer)).to.equal('here')
    expect(notes).to.deep.equal([`here: "gone" removes file[${place}/x] and "made" creates it, so each run does both.`])
    expect(existsSync(`${place}/x`)).to.equal(false)
  }))

  it('is left alone for a mistake of the playbook, each on a line of its own', () => inTemporaryDirectory(async place => {
    expect(await opened(new ReadSession(privateConnect(`${place}/host`), { host: 'here', become: 'none' }), ({ task }) => {
      task('Ada', user({ name: 'ada', uid: 1500 }))
      task('Eve', user({ name: 'eve', uid: 1500 }))
      task('late', async () => file({ path: 'relative' }))
    })).to.match(/^PlaybookError: The playbook is wrong; nothing was touched\.\n"late": The arguments of file are wrong\.\n {2}path: .*\n"Eve": It gives the UID 1500 to user eve/)
  }))
})
