import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { Secret } from '../../secret/secret.ts'
import { Content } from '../../state/content.ts'
import { prepared } from './saslprep.ts'

const deriveKey = promisify(pbkdf2)

/**
 * The iterations in a verifier of PostgreSQL 15 (and the default of scram_iterations in later
 * versions).
 */
const ITERATIONS = 4096
const SALT_BYTES = 16
const KEY_BYTES = 32

/** The parameters of a verifier. */
interface Recipe {
  salt: Buffer
  iterations: number
}

/**
 * What PostgreSQL stores for a password under scram-sha-256:
 * `SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey`. Computed here, so that the password itself
 * never reaches the server, nor any of its logs. Sources: RFC 5802, section 3; RFC 7677; PostgreSQL
 * documentation, pg_authid.
 *
 * @example await scramVerifier('secret') // 'SCRAM-SHA-256$4096:…$…:…', different each time
 */
export async function scramVerifier(password: string, { salt, iterations }: Recipe = { salt: randomBytes(SALT_BYTES), iterations: ITERATIONS }): Promise<string> {
  const salted = await deriveKey(await prepared(password), salt, iterations, KEY_BYTES, 'sha256')
  const keyed = (label: string) => createHmac('sha256', salted).update(label).digest()
  const storedKey = createHash('sha256').update(keyed('Client Key')).digest('base64')
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${keyed('Server Key').toString('base64')}`
}

/** The recipe of a verifier, or undefined if PostgreSQL does not accept it as one. */
function recipeOf(verifier: string): Recipe | undefined {
  const match = /^SCRAM-SHA-256\$([1-9]\d{0,9}):([^$:]+)\$([^$:]+):([^$:]+)$/.exec(verifier)
  const [, iterations = '', salt = '', storedKey = '', serverKey = ''] = match ?? []
  const decoded = [salt, storedKey, serverKey].map(part => Buffer.from(part, 'base64'))
  const exact = decoded.every((bytes, index) => bytes.toString('base64') === [salt, storedKey, serverKey][index])
  const [saltBytes, ...keys] = decoded
  if (!match || !exact || !saltBytes || keys.some(({ length }) => length !== KEY_BYTES) || Number(iterations) > 2 ** 31 - 1) return undefined
  return { salt: saltBytes, iterations: Number(iterations) }
}

/**
 * What the server takes a given password for: a hash that it stores as it is, or a password in
 * clear text.
 */
export type PasswordForm = 'clear' | 'scram' | 'md5' | 'malformed'

/**
 * Distinguishes hashes from passwords. Text that starts like a hash but is not valid, which the
 * server would hash again, is `malformed`.
 */
export function passwordForm(text: string): PasswordForm {
  if (recipeOf(text)) return 'scram'
  if (/^md5[0-9a-f]{32}$/.test(text)) return 'md5'
  return /^SCRAM-SHA-256\$/.test(text) || /^md5[0-9a-f]*$/i.test(text) ? 'malformed' : 'clear'
}

/**
 * Whether a stored hash belongs to a password in clear text. Always false for an md5 hash, so that
 * it is replaced with a verifier.
 */
export async function isVerifierOf(stored: string, password: string): Promise<boolean> {
  const recipe = recipeOf(stored)
  if (!recipe) return false
  const made = Buffer.from(await scramVerifier(password, recipe))
  const known = Buffer.from(stored)
  return made.length === known.length && timingSafeEqual(made, known)
}

/**
 * What PostgreSQL should store for a given password: the stored hash if that matches, a given hash
 * as it is, or a new verifier. undefined for an empty password: then nobody can log in with one.
 *
 * @example await storedForm(secret('hunter22'), undefined) // a new verifier, itself secret
 */
export async function storedForm(given: Secret, stored: string | undefined): Promise<Content | undefined> {
  const text = given.reveal()
  if (text === '') return undefined
  if (passwordForm(text) !== 'clear') return passwordContent(text)
  // A hash from the host is hidden too, but not searched for in other texts: the host could send
  // any word.
  if (stored !== undefined && (await isVerifierOf(stored, text))) return passwordContent(stored)
  return passwordContent(new Secret(await scramVerifier(text)).reveal())
}

/** A password's hash as a field of a state: compared by its checksum, never shown. */
export function passwordContent(stored: string): Content {
  return Content.of(stored, { secret: true })
}
