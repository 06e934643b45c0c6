import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { Secret } from '../../secret/secret.ts'
import { Content } from '../../state/content.ts'
import { prepared } from './saslprep.ts'

const deriveKey = promisify(pbkdf2)

/** What PostgreSQL 15 makes a verifier with (scram_iterations of later versions has the same default). */
const ITERATIONS = 4096
const SALT_BYTES = 16
const KEY_BYTES = 32

/** The parts of a verifier that decide what a password is made into. */
interface Recipe {
  salt: Buffer
  iterations: number
}

/**
 * What PostgreSQL stores of a password under scram-sha-256: `SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey`. Made here, so that
 * the password itself never reaches the server and no log of it can hold it. Sources: RFC 5802, section 3; RFC 7677;
 * PostgreSQL documentation, pg_authid.
 *
 * @example await scramVerifier('secret') // 'SCRAM-SHA-256$4096:…$…:…', another one each time
 */
export async function scramVerifier(password: string, { salt, iterations }: Recipe = { salt: randomBytes(SALT_BYTES), iterations: ITERATIONS }): Promise<string> {
  const salted = await deriveKey(await prepared(password), salt, iterations, KEY_BYTES, 'sha256')
  const keyed = (label: string) => createHmac('sha256', salted).update(label).digest()
  const storedKey = createHash('sha256').update(keyed('Client Key')).digest('base64')
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${keyed('Server Key').toString('base64')}`
}

/** The recipe of a verifier, or undefined when it is none that PostgreSQL takes as one. */
function recipeOf(verifier: string): Recipe | undefined {
  const match = /^SCRAM-SHA-256\$([1-9]\d{0,9}):([^$:]+)\$([^$:]+):([^$:]+)$/.exec(verifier)
  const [, iterations = '', salt = '', storedKey = '', serverKey = ''] = match ?? []
  const decoded = [salt, storedKey, serverKey].map(part => Buffer.from(part, 'base64'))
  const exact = decoded.every((bytes, index) => bytes.toString('base64') === [salt, storedKey, serverKey][index])
  const [saltBytes, ...keys] = decoded
  if (!match || !exact || !saltBytes || keys.some(({ length }) => length !== KEY_BYTES) || Number(iterations) > 2 ** 31 - 1) return undefined
  return { salt: saltBytes, iterations: Number(iterations) }
}

/** What a text given as a password is, as the server itself tells it: a hash it stores as it is, or a password in clear text. */
export type PasswordForm = 'clear' | 'scram' | 'md5' | 'malformed'

/** Tells a hash from a password. What begins like a hash and is none would be hashed once more by the server: `malformed`. */
export function passwordForm(text: string): PasswordForm {
  if (recipeOf(text)) return 'scram'
  if (/^md5[0-9a-f]{32}$/.test(text)) return 'md5'
  return /^SCRAM-SHA-256\$/.test(text) || /^md5[0-9a-f]*$/i.test(text) ? 'malformed' : 'clear'
}

/** Whether a stored hash is that of a password in clear text. An md5 hash never is: it is to be replaced by a verifier. */
export async function isVerifierOf(stored: string, password: string): Promise<boolean> {
  const recipe = recipeOf(stored)
  if (!recipe) return false
  const made = Buffer.from(await scramVerifier(password, recipe))
  const known = Buffer.from(stored)
  return made.length === known.length && timingSafeEqual(made, known)
}

/**
 * What PostgreSQL should store for a password that was given: what it stores already where that fits, a hash as it is, or a new
 * verifier. undefined for an empty one: then nobody can log in with a password.
 *
 * @example await storedForm(secret('hunter22'), undefined) // a new verifier, itself secret
 */
export async function storedForm(given: Secret, stored: string | undefined): Promise<Content | undefined> {
  const text = given.reveal()
  if (text === '') return undefined
  if (passwordForm(text) !== 'clear') return passwordContent(text)
  // What the host says is hidden too, and yet not looked for in other texts: it could say any word.
  if (stored !== undefined && (await isVerifierOf(stored, text))) return passwordContent(stored)
  return passwordContent(new Secret(await scramVerifier(text)).reveal())
}

/** The hash of a password as a field of a state: compared by its checksum, never shown. */
export function passwordContent(stored: string): Content {
  return Content.of(stored, { secret: true })
}
