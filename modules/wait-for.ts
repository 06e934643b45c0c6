import { z } from 'zod'
import { absolutePath, defineModule, port as portArgument, wait, want } from '../lib/index.ts'

const args = z.strictObject({
  /** A path that must be there. */
  path: absolutePath.optional(),
  /** A TCP port of the host on which something must listen. */
  port: portArgument.optional(),
  /** @default 60 */
  timeoutSeconds: z.int().min(1).default(60),
}).refine(({ path, port }) => (path === undefined) !== (port === undefined), 'needs either path or port')

/**
 * Waits until a path is there or a port listens. It changes nothing.
 *
 * @example
 * waitFor({ port: 5432, timeoutSeconds: 30 })
 */
export const waitFor = defineModule({
  name: 'wait-for',
  args,
  plan: ({ path, port, timeoutSeconds }) => ({
    wants: [want(wait, { condition: path === undefined ? { port: port ?? 0 } : { path }, timeoutSeconds }, {})],
  }),
})
