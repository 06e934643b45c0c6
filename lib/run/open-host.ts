import { ArgumentError, PlaybookError, ReadError } from '../errors.ts'
import { formatError } from '../report/format-error.ts'
import { contradictions } from '../check/contrary.ts'
import { factsScript, FactsNotKnown, parseFacts, playbookHost, type Facts } from '../state/facts.ts'
import { asPlaybookError } from '../playbook/place.ts'
import { argumentIssues, type HostPlay, type Playbook } from '../playbook/playbook.ts'
import type { AnyTask } from '../playbook/task.ts'
import { prefetch, requestsOf, type Prefetched } from '../plan/prefetch.ts'
import type { ReadOnlyPart, ReadSession } from '../shell/session.ts'
import { batch } from '../state/batch.ts'
import { Reader } from '../state/reader.ts'
import type { Output } from '../shell/output.ts'
import { parseJournal, readJournal } from '../walk/journal.ts'
import type { HostWalk, Observer } from '../walk/host-walk.ts'
import { withReconnect, ReconnectBackoff } from '../walk/reconnect.ts'
import { parseLeftovers, readLeftovers } from '../shell/temporary.ts'

/** Chooses the tasks of a play, by tags. */
export type Choose = (task: AnyTask) => boolean

/** A play without the tasks that this run leaves out, and what looking ahead found. */
export interface ChosenPlay extends Prefetched {
  play: HostPlay
  leftOut: readonly AnyTask[]
}

/** Drops the tasks that a run leaves out, and looks ahead at the others. */
export async function choosePlay(play: HostPlay, choose: Choose): Promise<ChosenPlay> {
  const leftOut: AnyTask[] = []
  const steps = play.steps.filter(step => {
    if ('flush' in step || choose(step.task)) return true
    leftOut.push(step.task)
    return false
  })
  const chosen = { ...play, steps }
  return { play: chosen, leftOut, ...await prefetch(chosen) }
}

/** A playbook laid out for one host, now or once the facts that it uses are known. */
export interface Prepared {
  host: { name: string; address: string; groups: readonly string[] }
  playbook: Playbook
  /** undefined: the playbook uses facts in its layout. */
  play: HostPlay | undefined
  /** What this run does, where that was found before any connection. */
  chosen?: ChosenPlay
  learn(facts: Facts): HostPlay
}

/** Lays a playbook out for a host, before any connection. */
export function prepare(playbook: Playbook, host: Prepared['host'], vars: Readonly<Record<string, unknown>>): Prepared {
  let facts: Facts | undefined
  const view = playbookHost(host, () => facts)
  const layOut = () => playbook.layOut(view, vars)
  let play: HostPlay | undefined
  try {
    play = layOut()
  } catch (error) {
    if (!(error instanceof FactsNotKnown)) throw asPlaybookError(error, message => `The playbook "${playbook.name}" cannot be laid out: ${message}`)
  }
  return {
    host, playbook, play,
    learn(known) {
      facts = known
      return play ?? withoutMistakes(layOut())
    },
  }
}

/**
 * @throws ArgumentError, before anything is done, for mistakes that would have been found before
 * any connection in a playbook that uses no facts.
 */
function withoutMistakes(play: HostPlay): HostPlay {
  const issues = argumentIssues(play)
  if (issues.length) throw new ArgumentError('the playbook', issues.map(({ task, module, argument, message }) => ({ argument: `"${task}": ${module}: ${argument}`, message })))
  return play
}

/**
 * Opens a host: finds what all tasks will read and reads it in the first frame, together with the
 * facts, the journal and what interrupted runs left. A playbook that uses facts in its layout costs
 * one more round trip.
 */
export async function openHost(session: ReadSession, prepared: Prepared, choose: Choose, observer: Observer): Promise<HostWalk> {
  let { play: laidOut } = prepared
  const backoff = new ReconnectBackoff()
  const ask = (parts: readonly ReadOnlyPart[]): Promise<Output[]> => withReconnect(backoff, { name: prepared.host.name, observer }, () => session.read(parts, { timeoutSeconds: longest(laidOut) }))
  if (!laidOut) {
    const [output] = await ask([{ script: factsScript, about: 'its facts' }])
    if (!output) throw new Error('The first frame was not answered.')
    laidOut = prepared.learn(parseFacts(output))
  }
  const { play, leftOut, asked, mistakes } = prepared.chosen ?? await choosePlay(laidOut, choose)
  // For a playbook laid out without a host, that was checked before.
  if (!prepared.play) {
    const { mistakes: contrary, notes } = await contradictions(play, asked)
    mistakes.push(...contrary)
    for (const note of notes) observer.note(prepared.host.name, note)
  }
  if (mistakes.length > 0) throw new PlaybookError(`The playbook is wrong; nothing was touched.\n${mistakes.map(formatError).join('\n')}`)
  const { parts, parse } = batch(requestsOf(asked, play.steps.flatMap(step => ('task' in step ? [step.task] : []))))
  const [factsOutput, journal, left, ...outputs] = await ask([{ script: factsScript, about: 'its facts' }, { script: readJournal }, { script: readLeftovers }, ...parts])
  if (!factsOutput || !journal || !left) throw new Error('The first frame was not answered.')
  if ([factsOutput, journal, left].some(({ tooLong }) => tooLong)) throw new ReadError('The facts of the host are longer than one frame allows.')
  const facts = parseFacts(factsOutput)
  prepared.learn(facts)
  const reader = new Reader(wanted => session.read(wanted, { timeoutSeconds: longest(play) }))
  reader.learn(parse(outputs))
  const pending = parseJournal(journal, prepared.playbook.name, play.handlers.map(({ name }) => name))
  return { name: prepared.host.name, playbook: prepared.playbook.name, play, leftOut, asked, reader, pending, leftovers: parseLeftovers(left), observer, facts }
}

/** The longest timeout (seconds) of any task in the play, since one read serves many tasks. */
function longest(play: HostPlay | undefined): number {
  return Math.max(0, ...(play?.steps ?? []).flatMap(step => ('task' in step ? [step.task.options.timeoutSeconds ?? 0] : [])))
}
