import { z } from 'zod'
import { defineModule, wait, want } from '../lib/index.ts'

const args = z.strictObject({
  /** Asked for from the host itself, by its curl. */
  url: z.string().regex(/^https?:\/\/\S+$/, 'must be an http or https URL'),
  /** @default 200 */
  status: z.int().min(100).max(599).default(200),
  /** Text that the answer must hold. */
  contains: z.string().optional(),
  /** A SOCKS proxy that also resolves the name, as in '127.0.0.1:9050': for onion addresses. */
  socks: z.string().regex(/^[\w.-]+:\d+$/, 'must be host:port').optional(),
  /** Accept any certificate; right for an onion, whose name proves itself. @default false */
  insecure: z.boolean().default(false),
  /** Seconds for one request. @default 10 */
  requestTimeoutSeconds: z.int().min(1).default(10),
  /** How long it may take until the answer is right (seconds). @default 60 */
  timeoutSeconds: z.int().min(1).default(60),
})

/**
 * Waits until a URL answers as it should. It changes nothing.
 *
 * @example
 * httpCheck({ url: 'http://127.0.0.1:8080/', contains: 'Welcome' })
 */
export const httpCheck = defineModule({
  name: 'http-check',
  args,
  plan: ({ timeoutSeconds, ...condition }) => ({ wants: [want(wait, { condition, timeoutSeconds }, {})] }),
})
