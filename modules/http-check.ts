import { z } from 'zod'
import { defineModule, namedOnce, want } from '../lib/resource.ts'
import { waitResource } from '../lib/resources/commands/wait.ts'

const status = z.int('must be an HTTP status').min(100, 'must be 100 to 599').max(599, 'must be 100 to 599')
const line = z.string().regex(/^[^\r\n\0]*$/, 'must be one line')

const args = z.strictObject({
  /** Requested from the host itself, with curl. */
  url: z.string().regex(/^https?:\/\/\S+$/, 'must be an http or https URL'),
  /** Must not change anything on the server, since check mode sends it too. @default 'GET' */
  method: z.enum(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'], 'must be an HTTP method').default('GET'),
  /** No secrets: ps would show them. @default {} */
  headers: z.record(z.string().regex(/^[A-Za-z0-9-]+$/, 'must be the name of a header'), line).superRefine(namedOnce('header', header => header.toLowerCase())).default({}),
  /** Sent with the request. */
  body: z.string().refine(text => !/^@|\0/.test(text), 'must be text that does not begin with @').optional(),
  /** Or a list of accepted ones. @default 200 */
  status: z.union([status, z.array(status).min(1)], 'must be an HTTP status, or a list of them').default(200).transform(given => (typeof given === 'number' ? [given] : given)),
  /** Text that the answer must contain; above 2 MB, only its end is searched. */
  contains: z.string().optional(),
  /**
   * A value that a JSON answer must have, as in { path: 'versions[0]', equals: 'v1.11' }; without
   * `equals` it must exist. Checked once status and text match.
   */
  json: z.strictObject({ path: z.string().min(1), equals: z.union([z.string(), z.number(), z.boolean(), z.null()]).optional() }).optional(),
  /** A SOCKS proxy that also resolves the name, as in '127.0.0.1:9050': for onion addresses. */
  socks: z.string().regex(/^[\w.-]+:\d+$/, 'must be host:port').optional(),
  /**
   * Accept any certificate; safe for an onion service, whose name authenticates it.
   * @default false
   */
  insecure: z.boolean('must be true or false').default(false),
  /** Follow redirections. @default false */
  followRedirects: z.boolean('must be true or false').default(false),
  /** Seconds for one request. @default 10 */
  requestTimeoutSeconds: z.int('must be a whole number').min(1, 'must be 1 or more').default(10),
  /** Seconds to wait for the right answer. @default 60 */
  timeoutSeconds: z.int('must be a whole number').min(1, 'must be 1 or more').default(60),
})

/**
 * Waits until a URL answers as it should. It changes nothing. Not supported from Ansible's `uri`:
 * `dest` (download), passwords, client certificates and uploads, which ps would show or which
 * change something; `unix_socket`, `ca_path` (the host's own certificates count), `body_format`
 * (`body` is sent unchanged; set the header yourself). Source: curl(1).
 *
 * @example
 * task('nginx', apt({ packages: ['nginx-light', 'curl'] }))
 * task('nginx answers', httpCheck({ url: 'http://127.0.0.1/', contains: 'nginx' }))
 */
export const httpCheck = defineModule({
  name: 'http-check',
  args,
  plan: ({ timeoutSeconds, ...condition }) => ({ wants: [want(waitResource, { condition, timeoutSeconds }, {})] }),
})
