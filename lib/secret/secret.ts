import { inspect } from 'node:util'
import { marker, register } from './redact.ts'

/**
 * A value that nobody may see: it prints as `<secret>` wherever it is printed, and every text that passes `redact` loses it.
 * Two of them are compared by what they {@link Secret.reveal}; a deep comparison sees no difference between any two.
 *
 * @example String(new Secret('hunter22')) // '<secret>'
 */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    if (typeof value !== 'string') throw new TypeError(`A secret was given as ${typeof value}; a secret is a string.`)
    this.#value = value
    register(value)
  }

  /** The value itself: only for what goes to a host by standard input, or into a signature. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return marker
  }

  toJSON(): string {
    return marker
  }

  [Symbol.toPrimitive](): string {
    return marker
  }

  [inspect.custom](): string {
    return marker
  }
}

/**
 * Makes a {@link Secret} of a string.
 *
 * @example JSON.stringify({ password: secret('hunter22') }) // '{"password":"<secret>"}'
 */
export function secret(value: string): Secret {
  return new Secret(value)
}
