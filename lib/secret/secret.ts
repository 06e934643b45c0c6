import { inspect } from 'node:util'
import { PlaybookError } from '../errors.ts'
import { marker, register } from './redact.ts'

/**
 * A secret was about to become ordinary text. A host would then get the word `<secret>`, or the
 * secret would be shown.
 */
export class SecretAsText extends PlaybookError {
  constructor() {
    const place = callerOf(new Error().stack)
    super('A secret was used as text: in a template literal, with +, in join(), String() or JSON.stringify().', {
      hint: `Join secrets and text with the tag secret, which gives a secret again: secret\`password=\${value}\`. Where a program needs the text itself, value.reveal() gives it, and nothing hides it any more.${place === undefined ? '' : `\nIt happened at ${place}.`}`,
    })
  }
}

/** The first line of a stack outside Node.js and this file. */
function callerOf(stack = ''): string | undefined {
  return stack.split('\n').slice(1).find(line => !line.includes('node:') && !line.includes(import.meta.filename) && /:\d+:\d+\)?$/.test(line))?.replace(/^\s*at (?:.*\()?(?:file:\/\/)?|\)$/g, '')
}

const numbers = new Map<string, number>()

/**
 * A value that must not be seen. It cannot become text by accident: every conversion throws, and
 * {@link redact} removes it from everything printed. A debugger and `console.log` show `<secret>`.
 * Compare two by what they {@link Secret.reveal}; a deep comparison finds any two equal.
 *
 * @example new Secret('hunter22').reveal() // 'hunter22'
 */
export class Secret {
  readonly #value: string

  /**
   * @throws PlaybookError for a value that contains `<secret>`: it was copied from the output of
   * stead.
   */
  constructor(value: string, { lines = true }: { lines?: boolean } = {}) {
    if (typeof value !== 'string') throw new TypeError(`A secret was given as ${typeof value}; a secret is a string.`)
    if (value.includes(marker)) throw new PlaybookError(`A secret was given that contains the text ${marker}.`, { hint: `${marker} is what stead prints instead of a secret. Give the value itself.` })
    this.#value = value
    register(value, { lines })
  }

  /**
   * The value itself, for what goes to a host on standard input or into a signature, and nothing
   * else.
   */
  reveal(): string {
    return this.#value
  }

  /** A number that equal secrets share within this process; it says nothing about the value. */
  get number(): number {
    const known = numbers.get(this.#value) ?? numbers.size
    numbers.set(this.#value, known)
    return known
  }

  toString(): never {
    throw new SecretAsText()
  }

  toJSON(): never {
    throw new SecretAsText()
  }

  [Symbol.toPrimitive](): never {
    throw new SecretAsText()
  }

  [inspect.custom](): string {
    return marker
  }
}

/**
 * Turns a string into a {@link Secret}; as a tag it joins secrets and text into a new secret.
 *
 * @example secret('hunter22').reveal() // 'hunter22'
 * @example secret`password=${secret('hunter22')}`.reveal() // 'password=hunter22'
 */
export function secret(value: string): Secret
export function secret(parts: TemplateStringsArray, ...values: readonly (Secret | string | number)[]): Secret
export function secret(given: string | TemplateStringsArray, ...values: readonly (Secret | string | number)[]): Secret {
  if (!isTemplate(given)) return new Secret(given)
  const text = given.reduce((joined, part, index) => joined + revealed(values[index - 1]) + part)
  // Its lines are not secrets of their own: those that contain one are found by that one.
  return new Secret(text, { lines: false })
}

function isTemplate(given: string | TemplateStringsArray): given is TemplateStringsArray {
  return typeof given === 'object' && 'raw' in given
}

function revealed(value: Secret | string | number | undefined): string {
  if (value instanceof Secret) return value.reveal()
  if (typeof value !== 'string' && typeof value !== 'number') throw new TypeError(`The tag secret was given ${typeof value}; secrets, text and numbers are allowed.`)
  return String(value)
}
