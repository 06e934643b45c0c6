import { z } from 'zod'
import { absolutePath, defineModule, fileMode, name, secretFile, want } from '../lib/index.ts'

const args = z.strictObject({
  path: absolutePath,
  /** Random bytes; the file holds twice as many hexadecimal digits. @default 32 */
  bytes: z.int().min(16, 'must be 16 or more: fewer can be guessed').max(4096).default(32),
  /** @default 'root' */
  owner: name.default('root'),
  /** @default 'root' */
  group: name.default('root'),
  /** @default '0600' */
  mode: fileMode.default('0600'),
})

/**
 * A random secret that is made once, on the host, and stays there: stead never reads it.
 *
 * @example
 * generatedSecret({ path: '/etc/app/session.secret', group: 'www-data', mode: '0640' })
 */
export const generatedSecret = defineModule({
  name: 'generated-secret',
  args,
  plan: ({ path, bytes, owner, group, mode }) => ({ wants: [want(secretFile, { path, bytes }, { owner, group, mode })] }),
})
