import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { ConnectionLost } from '../../../lib/shell/session.ts'
import { NotReachable, type Connect } from '../../../lib/transport/transport.ts'
import { command } from '../../../modules/command.ts'
import { statuses, type Tasks } from '../run/local-run.ts'
import { inTemporaryDirectory, privateConnect } from '../shell/local-session.ts'
import { lostAt, recorded, wantLine, type Recorded } from './recorded.ts'

/** A command that leaves a line each time it is run. */
const leaving = (path: string, creates?: string) => command({ argv: ['sh', '-c', `echo ran >>${path}${creates === undefined ? '' : `; echo >${creates}`}`], creates })
const lines = (path: string): number => (existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0)
const told = ({ tasks, handlers }: Pick<Recorded, 'tasks' | 'handlers'>): string[] => [...statuses({ tasks }), ...handlers.map(({ name, status }) => `${name}: ${status}`)]
const noted = (place: string): string[] => (existsSync(`${place}/host/lib/stead/notified`) ? readdirSync(`${place}/host/lib/stead/notified`) : [])

/** A connection that cannot be made at these attempts, counted from 1. */
const failingAt = (connect: Connect, ...attempts: number[]): Connect & { count: () => number } => {
  let connections = 0
  const failing = async () => {
    const connection = await connect()
    connections += 1
    return attempts.includes(connections) ? { ...connection, start: () => Promise.reject(new NotReachable('The connection was lost: gone.')) } : connection
  }
  return Object.assign(failing, { count: () => connections })
}

describe('A run that loses its host', () => {
  it('reports a change that was made before, as what it was, and runs its handlers', () => inTemporaryDirectory(async place => {
    const run = await recorded(lostAt(2, 'after', privateConnect(`${place}/host`), () => existsSync(`${place}/a`)), ({ task, handler }) => {
      task('a', wantLine(`${place}/a`, 'x'), { notify: handler('restart', leaving(`${place}/ran`)) })
      task('b', wantLine(`${place}/b`, 'x'))
    })
    expect([told(run), run.notes.length, lines(`${place}/ran`)]).to.deep.equal([['a: change', 'b: change', 'restart: change'], 1, 1])
    expect(run.tasks.map(({ changes }) => changes.map(({ resource, diff }) => `${resource.replace(place, '')}: ${diff}`))).to.deep.equal([['line[/a]: absent → present\nline: (none) → x'], ['line[/b]: absent → present\nline: (none) → x']])
  }))

  it('reports as a change only what was cut off, and not what comes next', () => inTemporaryDirectory(async place => {
    writeFileSync(`${place}/b`, 'x\n')
    const run = await recorded(lostAt(2, 'after', privateConnect(`${place}/host`), () => existsSync(`${place}/a`)), ({ task }) => {
      task('a', wantLine(`${place}/a`, 'x'))
      task('b', wantLine(`${place}/b`, 'x'))
    })
    expect(told(run)).to.deep.equal(['a: change', 'b: ok'])
  }))

  it('goes on with the task that it was at, and walks those before it no second time', () => inTemporaryDirectory(async place => {
    writeFileSync(`${place}/a`, 'x\n')
    const run = await recorded(lostAt(2, 'before', privateConnect(`${place}/host`)), ({ task }) => {
      for (const name of ['a', 'b', 'c']) task(name, wantLine(`${place}/${name}`, 'x'))
    })
    expect(told(run)).to.deep.equal(['a: ok', 'b: change', 'c: change'])
  }))

  it('makes the change that did not get there, once', () => inTemporaryDirectory(async place => {
    const run = await recorded(lostAt(2, 'before', privateConnect(`${place}/host`)), ({ task }) => {
      task('a', leaving(`${place}/ran`, `${place}/a`))
      task('b', wantLine(`${place}/b`, 'x'))
    })
    expect([told(run), lines(`${place}/ran`), run.notes.length]).to.deep.equal([['a: change', 'b: change'], 1, 1])
  }))

  it('does not run a command twice if it is unknown whether it ran, but fails, and goes on if that is ignored', () => inTemporaryDirectory(async place => {
    const run = await recorded(lostAt(2, 'after', privateConnect(`${place}/host`)), ({ task }) => {
      task('run', leaving(`${place}/ran`), { ignoreErrors: true })
      task('next', wantLine(`${place}/b`, 'x'))
      task('run too', leaving(`${place}/ran`))
    })
    expect([told(run), lines(`${place}/ran`), run.notes]).to.deep.equal([['run: failed', 'next: change', 'run too: change'], 2, []])
    expect(run.tasks[0]?.error).to.match(/^here "run": The connection was lost while it ran\. It is not known whether it finished, so it is not run again\.\n {2}Cause: The connection was lost: .*\n {2}Say how to see its effect \(creates, removes, unless or onlyIf\), or make it a handler\.$/)
  }))

  it('runs it where the host was gone before anything of it was sent', () => inTemporaryDirectory(async place => {
    const connect = privateConnect(`${place}/host`)
    let lose: () => void = () => undefined
    let gone: Promise<unknown> = Promise.resolve()
    const losing: Connect = async () => {
      const connection = await connect()
      return { ...connection, start: async script => {
        const channel = await connection.start(script)
        lose = () => {
          gone = channel.ended
          lose = () => undefined
          connection.close()
        }
        return channel
      } }
    }
    const run = await recorded(losing, ({ task }) => {
      task('first', wantLine(`${place}/a`, 'x'))
      task('run', async () => {
        await gone
        return leaving(`${place}/ran`)
      })
    }, { observer: { taskDone: () => lose() } })
    expect([told(run), lines(`${place}/ran`), run.notes.length]).to.deep.equal([['first: change', 'run: change'], 1, 1])
  }))

  it('gives it up after as many losses in a row as it is patient, and its handlers stay noted down', () => inTemporaryDirectory(async place => {
    const tasks: Tasks = ({ task, handler }) => {
      task('a', wantLine(`${place}/a`, 'x'), { notify: handler('restart', leaving(`${place}/ran`)) })
    }
    const connect = failingAt(lostAt(3, 'before', privateConnect(`${place}/host`)), 2, 3)
    const run = await recorded(connect, tasks, { pauses: [0, 0] })
    expect([told(run), run.error instanceof ConnectionLost, connect.count(), lines(`${place}/ran`), noted(place)]).to.deep.equal([['a: change'], true, 3, 0, ['Spec%3A%20restart']])
    expect([told(await recorded(privateConnect(`${place}/host`), tasks)), noted(place)]).to.deep.equal([['a: ok', 'restart: change'], []])
  }))

  it('goes on where the host is lost again while it looks what was left there', () => inTemporaryDirectory(async place => {
    const connect = failingAt(lostAt(2, 'before', privateConnect(`${place}/host`)), 2)
    const run = await recorded(connect, ({ task }) => void task('a', wantLine(`${place}/a`, 'x')))
    expect([told(run), connect.count(), run.notes.map(note => /loss \d of/.exec(note)?.[0])]).to.deep.equal([['a: change'], 3, ['loss 1 of', 'loss 2 of']])
  }))

  it('starts counting again with each finished task, and not before', () => inTemporaryDirectory(async place => {
    // Of the second connection the first frame looks what was left there, the second reads, the third writes b, the fourth c.
    const outcomes: [number, string[], number][] = []
    for (const [second, directory] of [[2, 'two'], [4, 'four']] as const) {
      mkdirSync(`${place}/${directory}`)
      const connect = privateConnect(`${place}/${directory}/host`)
      const [first, again] = [lostAt(3, 'before', connect), lostAt(second, 'before', connect)]
      let connections = 0
      const run = await recorded(() => ((connections += 1) === 1 ? first() : again()), ({ task }) => {
        for (const name of ['a', 'b', 'c']) task(name, wantLine(`${place}/${directory}/${name}`, 'x'))
      }, { pauses: [0] })
      outcomes.push([connections, told(run), run.notes.filter(note => note.includes('loss 1 of at most 1')).length])
      expect(run.error instanceof ConnectionLost).to.equal(second === 2)
    }
    expect(outcomes).to.deep.equal([[2, ['a: change'], 1], [3, ['a: change', 'b: change', 'c: change'], 2]])
  }))

  it('runs a handler again that was cut off, and reports it once', () => inTemporaryDirectory(async place => {
    const run = await recorded(lostAt(3, 'after', privateConnect(`${place}/host`)), ({ task, handler }) => {
      task('a', wantLine(`${place}/a`, 'x'), { notify: [handler('first', leaving(`${place}/ran`)), handler('second', leaving(`${place}/second`))] })
    })
    expect([told(run), run.notes.length, noted(place)]).to.deep.equal([['a: change', 'first: change', 'second: change'], 1, []])
    expect([lines(`${place}/ran`) >= 1, lines(`${place}/second`)]).to.deep.equal([true, 1])
  }))

  it('cleans up what the killed step has left, and fails if it cannot', () => inTemporaryDirectory(async place => {
    const left = (undo: string) => {
      mkdirSync(`${place}/host/lib/stead/temporary`, { recursive: true })
      writeFileSync(`${place}/host/lib/stead/temporary/thing`, `a thing\n999999 1\n${undo}\n`)
    }
    const losing = () => lostAt(2, 'before', privateConnect(`${place}/host`))
    const tasks = (undo: string): Tasks => ({ task }) => {
      task('a', async () => {
        await Promise.resolve()
        return wantLine(`${place}/${undo.length}`, 'x')
      })
    }
    for (const [undo, reported] of [['true', ['Clean up after an interrupted run: change', 'a: change']], ['false', []]] as const) {
      const connect = losing()
      let connections = 0
      const run = await recorded(async () => {
        connections += 1
        if (connections === 2) left(undo)
        return connect()
      }, tasks(undo))
      expect(told(run)).to.deep.equal(reported)
      expect(String(run.error)).to.equal(undo === 'true' ? 'undefined' : 'ReadError: Could not clean up what an interrupted run left on the host.')
    }
  }))
})
