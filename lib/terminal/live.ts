import type { HostReport } from '../report/report.ts'
import { shownInLine } from '../report/printable.ts'
import type { RunObserver } from '../run/run-playbooks.ts'
import { hostWord, type Style } from './lines.ts'
import { lineObserver } from './observer.ts'
import { Screen, type Canvas } from './screen.ts'

/** What a terminal shows during a run, and how to close it. */
export interface LiveView {
  observer: RunObserver
  /** Writes a line that is about the run as a whole. */
  tell: (line: string) => void
  close: () => void
}

/** The clock, which specs replace. */
export interface Clock {
  /** Milliseconds. */
  now(): number
  /** Calls back every so many milliseconds, until the returned function is called. */
  every(ms: number, call: () => void): () => void
}

const realClock: Clock = {
  now: () => performance.now(),
  every(ms, call) {
    const timer = setInterval(call, ms)
    timer.unref()
    return () => clearInterval(timer)
  },
}

/** The progress of a host. */
interface Progress {
  begun: number | undefined
  tasks: number
  now: string | undefined
  nowSince: number
  end: { report: HostReport; at: number } | undefined
}

/**
 * One line per host at the bottom, with its current task and the time it has taken, and one line
 * for all. Changes, failures and lost connections are printed above as they happen. Finished hosts
 * make room where there are too many.
 */
export function liveView(hosts: readonly string[], canvas: Canvas, style: Style, clock: Clock = realClock): LiveView {
  const { colors } = style
  const screen = new Screen(canvas)
  const begun = clock.now()
  const progress = new Map(hosts.map((host): [string, Progress] => [host, { begun: undefined, tasks: 0, now: undefined, nowSince: begun, end: undefined }]))
  const width = Math.max(0, ...hosts.map(host => shownInLine(host).length))
  const told: string[] = []
  const lines = lineObserver(line => told.push(...line.split('\n')), style)

  const hostLine = (host: string, { tasks, now, nowSince, begun: since, end }: Progress): string => {
    const name = shownInLine(host).padEnd(width)
    if (end) {
      const bad = isBad(end.report)
      return `${bad ? colors.red('✖') : colors.green('✔')} ${name}  ${hostWord(end.report, style)}  ${elapsed(end.at - (since ?? begun))}`
    }
    if (since === undefined) return `${colors.dim('·')} ${name}  ${now === undefined ? 'waits for its turn' : shownInLine(now)}`
    return `${colors.cyan('▸')} ${name}  ${tasks} done, now: ${shownInLine(now ?? '')}  ${elapsed(clock.now() - nowSince)}`
  }
  const draw = () => {
    const all = [...progress]
    const order = (state: Progress) => (state.end ? (isBad(state.end.report) ? 0 : 2) : 1)
    const room = screen.room - 1
    const chosen = all.length <= room ? all : all.map((entry, index) => ({ entry, index })).sort((a, b) => order(a.entry[1]) - order(b.entry[1]) || a.index - b.index).slice(0, room).map(({ entry }) => entry)
    const count = (wanted: number) => all.filter(([, state]) => order(state) === wanted).length
    const parts = [`${count(1)} at work`, `${count(2)} done`, ...(count(0) > 0 ? [colors.red(`${count(0)} failed${all.some(([, state]) => state.end?.report.stopped) ? ' or stopped' : ''}`)] : [])]
    const total = `${all.length} ${all.length === 1 ? 'host' : 'hosts'}: ${parts.join(', ')}  ${elapsed(clock.now() - begun)}`
    screen.draw(told.splice(0), [...chosen.map(([host, state]) => hostLine(host, state)), colors.dim(total)])
  }
  const update = (host: string, change: (state: Progress) => void) => {
    const state = progress.get(host)
    if (state) change(state)
    draw()
  }
  const stop = clock.every(1000, draw)
  draw()
  return {
    observer: {
      taskStarted: (host, task) => update(host, state => {
        state.begun ??= clock.now()
        state.end = undefined
        state.now = task
        state.nowSince = clock.now()
      }),
      taskDone: (host, task) => {
        lines.taskDone(host, task)
        update(host, state => (state.tasks += 1))
      },
      handlerDone: (host, handler) => {
        lines.handlerDone(host, handler)
        draw()
      },
      note: (host, message) => {
        lines.note(host, message)
        draw()
      },
      hostDone: (host, report) => {
        if (report.error !== undefined) lines.note(host, report.error)
        update(host, state => (state.end = { report, at: clock.now() }))
      },
    },
    tell(line) {
      told.push(line)
      draw()
    },
    close() {
      stop()
      screen.draw(told.splice(0), [])
      screen.close()
    },
  }
}

function isBad({ status }: HostReport): boolean {
  return status === 'failed' || status === 'unreachable'
}

/** @example elapsed(83_000) // '1:23' */
function elapsed(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
