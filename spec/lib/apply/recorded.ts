import { PassThrough } from 'node:stream'
import { z } from 'zod'
import { Convergence } from '../../../lib/apply/converge.ts'
import { openHost, prepare, type Choose } from '../../../lib/run/open-host.ts'
import type { HostWalk, Observer } from '../../../lib/walk/host-walk.ts'
import { ReconnectBackoff } from '../../../lib/walk/reconnect.ts'
import { playbook } from '../../../lib/index.ts'
import { defineModule, want, type ModuleCall, type Want } from '../../../lib/resource.ts'
import type { FramePart } from '../../../lib/shell/frame.ts'
import { apply, read, type ApplyScript } from '../../../lib/shell/script.ts'
import { Session, type ReadOnlyPart } from '../../../lib/shell/session.ts'
import type { Resource } from '../../../lib/state/resource.ts'
import type { Connect } from '../../../lib/transport/transport.ts'
import { here, silent, type Tasks } from '../run/local-run.ts'

export interface Line {
  readonly [field: string]: string
  line: string
}

export type LineResource = Resource<{ path: string }, Line, Line>

/** The first line of a file. `more` says what is special of it. */
export function lineWith(more: Partial<LineResource> = {}): LineResource {
  return {
    kind: 'line', schema: z.strictObject({ line: z.string() }), identify: ({ path }) => path,
    read: keys => ({
      script: read`for p in ${keys.map(({ path }) => path)}; do if [ -e "$p" ]; then head -n 1 -- "$p" | sed 's/^/=/'; else echo; fi; done`,
      parse: ({ stdout }) => keys.map((_, index) => {
        const found = stdout.toString().split('\n')[index] ?? ''
        return found === '' ? null : { line: found.slice(1) }
      }),
    }),
    apply: ({ path }, _current, desired) => ({ script: desired === null ? apply`rm -f -- ${path}` : apply`printf '%s\n' ${desired.line} >${path}` }),
    ...more,
  }
}

export const line = lineWith()

/** One that is written by a script of its own. */
export const scripted = (script: ApplyScript, more: Partial<LineResource> = {}): LineResource => lineWith({ apply: () => ({ script }), ...more })

/** A module call that wants just that. */
export const wanting = (...wants: Want[]): ModuleCall<void> => defineModule({ name: 'wanting', args: z.strictObject({}), plan: () => ({ wants }) })({})

/** A module call that wants one line. */
export const wantLine = (path: string, text: string | null, resource = line): ModuleCall<void> => wanting(want(resource, { path }, text === null ? null : { line: text }))

/** A session that notes down what it is given to write and to read. */
export class RecordedSession extends Session {
  readonly written: { parts: readonly FramePart[]; timeoutSeconds?: number }[] = []
  readonly asked: { parts: readonly ReadOnlyPart[]; timeoutSeconds?: number }[] = []

  override read(parts: readonly ReadOnlyPart[], options: { timeoutSeconds?: number } = {}): ReturnType<Session['read']> {
    this.asked.push({ parts, ...options })
    return super.read(parts, options)
  }

  override apply(parts: readonly FramePart[], options: { timeoutSeconds?: number } = {}): ReturnType<Session['apply']> {
    this.written.push({ parts, ...options })
    return super.apply(parts, options)
  }
}

/**
 * A connection like another, the first of which is lost at its `frame`th frame (the first travels in the command): before that is sent, or once it was
 * sent, has been answered in part, and `done` says so. No answer arrives from then on.
 */
export function lostAt(frame: number, when: 'before' | 'after', connect: Connect, done: () => boolean = () => true): Connect {
  let connections = 0
  return async () => {
    const connection = await connect()
    connections += 1
    return connections > 1 ? connection : { ...connection, start: async command => {
      const channel = await connection.start(command)
      const stdout = new PassThrough()
      let frames = 1
      channel.stdout.on('data', (chunk: Buffer) => {
        if (frames < frame) stdout.write(chunk)
        else if (done()) connection.close()
      })
      const write = channel.stdin.write.bind(channel.stdin)
      channel.stdin.write = (piece: Buffer) => {
        if (/^\d+\nf= n=/.test(piece.subarray(0, 20).toString())) frames += 1
        if (frames < frame || when === 'after') return write(piece)
        connection.close()
        return true
      }
      return { ...channel, stdout }
    } }
  }
}

/** What a run came to, and how. */
export interface Recorded extends Pick<Convergence, 'tasks' | 'handlers'> {
  session: RecordedSession
  walk: HostWalk
  notes: string[]
  /** What ended the run, where that was no task. */
  error: unknown
}

/** Runs tasks over a connection, as {@link Convergence} does, and gives all that can be seen of it. */
export async function recorded(connect: Connect, tasks: Tasks, { choose = () => true, observer = {}, pauses = [0, 0, 0] }: { choose?: Choose; observer?: Partial<Observer>; pauses?: readonly number[] } = {}): Promise<Recorded> {
  const session = new RecordedSession(connect, { host: 'here', become: 'none', lock: { holder: 'spec', waitSeconds: 30 } })
  const notes: string[] = []
  try {
    const walk = await openHost(session, prepare(playbook({ name: 'Spec', hosts: 'all', tasks }), here, {}), choose, { ...silent, note: (host, message) => notes.push(`${host}: ${message}`), ...observer })
    const convergence = new Convergence(session, walk, new ReconnectBackoff(pauses))
    const error: unknown = await convergence.run().then(() => undefined, (reason: unknown) => reason)
    return { tasks: convergence.tasks, handlers: convergence.handlers, session, walk, notes, error }
  } finally {
    session.close()
  }
}
