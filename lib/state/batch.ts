import { ReadError } from '../errors.ts'
import type { ReadScript } from '../shell/script.ts'
import { keyText } from './key-text.ts'
import type { AnyResource, Request, State } from './resource.ts'
import type { Output } from '../shell/output.ts'

/** A script that the host runs as one part of a frame. */
export interface ReadPart {
  script: ReadScript
  user?: string
  /** What it does, for the note that stead is waiting for it. */
  about?: string
}

/** The error for an answer that was dropped. */
const TOO_LONG = "The host's answer is longer than the limit for one frame (200 MB)."

/**
 * What a host answered to one request: a state, null for "does not exist", or why it could not be
 * read.
 */
export type Answer = State | null | Error

/** The identity of a request, and of its answer, within a host. */
export function requestIdentity({ resource, key }: Request): string {
  const aspect = resource.aspect?.(key)
  return questionIdentity({ resource, key }) + (aspect === undefined ? '' : ` ${aspect}`)
}

/**
 * The identity of a request's question: that of the state, if there is only one thing to ask about
 * it.
 */
export function questionIdentity({ resource, key }: Request): string {
  const question = resource.question?.(key)
  return stateIdentity({ resource, key }) + (question === undefined ? '' : ` ${question}`)
}

/** The identity of the state that a request is about, whatever it asks. */
export function stateIdentity({ resource, key }: Request): string {
  return `${resource.kind} ${resource.identify(key)}`
}

interface Batch {
  parts: ReadPart[]
  /** Turns the outputs of the parts, in order, into answers by request identity. Pure. */
  parse: (outputs: readonly Output[]) => Map<string, Answer>
}

/** Makes one part for each kind of resource, however many keys are requested. */
export function batch(requests: readonly Request[]): Batch {
  const byResource = new Map<AnyResource, Map<string, unknown>>()
  for (const { resource, key } of requests) {
    const keys = byResource.get(resource) ?? new Map<string, unknown>()
    byResource.set(resource, keys.set(keyText(key), key))
  }
  const groups = [...byResource].map(([resource, keys]) => {
    const list = [...keys.values()]
    return { resource, keys: list, reading: resource.read(list) }
  })
  return {
    parts: groups.map(({ resource, reading }) => ({ script: reading.script, user: reading.user, about: `reading the current state (${resource.kind})` })),
    parse(outputs) {
      const answers = new Map<string, Answer>()
      groups.forEach(({ resource, keys, reading }, index) => {
        const output = outputs[index] ?? { stdout: Buffer.alloc(0), stderr: 'no answer', exitCode: 255 }
        const parsed = output.tooLong ? new ReadError(TOO_LONG) : parseOrError(() => reading.parse(output))
        keys.forEach((key, place) => {
          const answer = parsed instanceof Error ? parsed : parsed[place]
          const id = requestIdentity({ resource, key })
          if (answer === undefined) answers.set(id, new Error('The host gave no answer to this read.'))
          else answers.set(id, fuller(resource, key, answers.get(id), answer))
        })
      })
      return answers
    },
  }
}

function parseOrError(parse: () => (State | null | Error)[]): (State | null | Error)[] | Error {
  try {
    return parse()
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/**
 * Two keys may ask for the same state, one of them for more of it. The fuller answer serves both.
 */
function fuller(resource: AnyResource, key: unknown, earlier: Answer | undefined, answer: Answer): Answer {
  const isState = earlier !== undefined && earlier !== null && !(earlier instanceof Error)
  return isState && resource.answers?.(earlier, key) ? earlier : answer
}
