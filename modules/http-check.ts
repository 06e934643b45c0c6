import { z } from 'zod'
import { defineModule, namedOnce, want } from '../lib/resource.ts'
import { waitResource } from '../lib/resources/commands/wait.ts'

const status = z.int('must be a status of HTTP').min(100, 'must be 100 to 599').max(599, 'must be 100 to 599')
const line = z.string().regex(/^[^\r\n\0]*$/, 'must be one line')

const args = z.strictObject({
  /** Asked for from the host itself, by its curl. */
  url: z.string().regex(/^https?:\/\/\S+$/, 'must be an http or https URL'),
  /** One that changes nothing there, since it is asked in check mode too. @default 'GET' */
  method: z.enum(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'], 'must be a method of HTTP').default('GET'),
  /** No secrets: they would be seen in ps. @default {} */
  headers: z.record(z.string().regex(/^[A-Za-z0-9-]+$/, 'must be the name of a header'), line).superRefine(namedOnce('header', header => header.toLowerCase())).default({}),
  /** Sent with the request. */
  body: z.string().refine(text => !/^@|\0/.test(text), 'must be text that does not begin with @').optional(),
  /** Or a list, of which any is right. @default 200 */
  status: z.union([status, z.array(status).min(1)], 'must be a status of HTTP, or a list').default(200).transform(given => (typeof given === 'number' ? [given] : given)),
  /** Text that the answer must hold; of one above 2 MB, its end. */
  contains: z.string().optional(),
  /** A value that a JSON answer must have, as in { path: 'versions[0]', equals: 'v1.11' }; without `equals` it must be there. Looked at once status and text are right. */
  json: z.strictObject({ path: z.string().min(1), equals: z.union([z.string(), z.number(), z.boolean(), z.null()]).optional() }).optional(),
  /** A SOCKS proxy that also resolves the name, as in '127.0.0.1:9050': for onion addresses. */
  socks: z.string().regex(/^[\w.-]+:\d+$/, 'must be host:port').optional(),
  /** Accept any certificate; right for an onion, whose name proves itself. @default false */
  insecure: z.boolean('must be true or false').default(false),
  /** Follow redirections. @default false */
  followRedirects: z.boolean('must be true or false').default(false),
  /** Seconds for one request. @default 10 */
  requestTimeoutSeconds: z.int('must be a whole number').min(1, 'must be 1 or more').default(10),
  /** How long it may take until the answer is right (seconds). @default 60 */
  timeoutSeconds: z.int('must be a whole number').min(1, 'must be 1 or more').default(60),
})

/**
 * Waits until a URL answers as it should. It changes nothing. Of Ansible's `uri` there are not: `dest` (download), passwords, client
 * certificates and files to send, which ps would show or which change something; `unix_socket`, `ca_path` (the host's own certificates count),
 * `body_format` (`body` is sent as it is, with the header that you give). Source: curl(1).
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
