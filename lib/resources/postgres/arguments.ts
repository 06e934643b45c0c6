import { z } from 'zod'
import { Secret } from '../../secret/secret.ts'
import { passwordForm } from './scram.ts'

/**
 * The longest name in PostgreSQL (bytes); the server truncates longer ones. Source: PostgreSQL
 * documentation, 4.1.1 (NAMEDATALEN).
 */
const LONGEST_NAME = 63

const isStorable = (text: string) => !text.includes('\0') && !/\p{Surrogate}/u.test(text)

/** A text that PostgreSQL can store. */
export const postgresText = z.string('must be a text').refine(isStorable, 'must not contain NUL or half of a character')

/** A name in PostgreSQL. Every character is kept, and so is the case. */
export const postgresName = z
  .string('must be a name')
  .min(1, 'must not be empty')
  .refine(isStorable, 'must not contain NUL or half of a character')
  .refine(name => Buffer.byteLength(name) <= LONGEST_NAME, `must be at most ${LONGEST_NAME} bytes, since PostgreSQL truncates longer names`)

/**
 * A password, or a hash of one as PostgreSQL stores it. A string becomes a {@link Secret} at once.
 */
export const postgresPassword = z
  .union([z.string(), z.instanceof(Secret)], 'must be a text or a secret(…)')
  .transform(given => (typeof given === 'string' ? new Secret(given) : given))
  .refine(given => isStorable(given.reveal()), 'must not contain NUL or half of a character')
  .refine(given => passwordForm(given.reveal()) !== 'malformed', 'starts like a hash (md5…, SCRAM-SHA-256$…) but is not a valid one, so PostgreSQL would take it as a password in clear text. Allowed are a password, md5 and 32 digits in lower case, or SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey')

/** A limit on connections. */
export const connectionLimit = z.int('must be a number of connections, -1 for no limit').min(-1, 'must be -1 (no limit) or more')
