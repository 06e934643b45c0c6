import { z } from 'zod'
import { Secret } from '../../secret/secret.ts'
import { passwordForm } from './scram.ts'

/** Bytes of a name of PostgreSQL; what is longer, the server cuts off. Source: PostgreSQL documentation, 4.1.1 (NAMEDATALEN). */
const LONGEST_NAME = 63

const holdable = (text: string) => !text.includes('\0') && !/\p{Surrogate}/u.test(text)

/** A text that PostgreSQL can hold. */
export const postgresText = z.string('must be a text').refine(holdable, 'must hold no NUL and no half of a character')

/** A name of PostgreSQL: whatever is in it, and its case, is kept. */
export const postgresName = z
  .string('must be a name')
  .min(1, 'must not be empty')
  .refine(holdable, 'must hold no NUL and no half of a character')
  .refine(name => Buffer.byteLength(name) <= LONGEST_NAME, `must be at most ${LONGEST_NAME} bytes: PostgreSQL would cut it off`)

/** A password, or a hash of one as PostgreSQL stores it. A string becomes a {@link Secret} at once. */
export const postgresPassword = z
  .union([z.string(), z.instanceof(Secret)], 'must be a text or a secret(…)')
  .transform(given => (typeof given === 'string' ? new Secret(given) : given))
  .refine(given => holdable(given.reveal()), 'must hold no NUL and no half of a character')
  .refine(given => passwordForm(given.reveal()) !== 'malformed', 'begins like a hash (md5…, SCRAM-SHA-256$…) and is none: PostgreSQL would take it for a password in clear text. Allowed are a password, md5 and 32 digits in lower case, or SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey')

/** A limit of connections. */
export const connectionLimit = z.int('must be a number of connections, -1 for no limit').min(-1, 'must be -1 (no limit) or more')
