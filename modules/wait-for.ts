import { z } from 'zod'
import { absolutePath, defineModule, filePath, port as portArgument, want } from '../lib/resource.ts'
import { waitResource } from '../lib/resources/commands/wait.ts'

const args = z.strictObject({
  /** A path to wait for. */
  path: absolutePath.optional(),
  /** Or a TCP port. */
  port: portArgument.optional(),
  /**
   * Or a tor, by its control socket ('/run/tor/control' on Debian), to have joined its network:
   * until then it carries no traffic.
   */
  tor: filePath.optional(),
  /**
   * With `port`: another host, to which this one connects (needs bash there, which Debian always
   * has).
   * @default this host, whose own table of sockets is read
   */
  host: z.string().regex(/^[A-Za-z0-9.:_-]+$/, 'must be a host name or an address').optional(),
  /**
   * `present`: the path exists, the port listens; `absent`: not; `drained`: no connection is left
   * on the port.
   * @default 'present'
   */
  state: z.enum(['present', 'absent', 'drained'], 'must be \'present\', \'absent\' or \'drained\'').default('present'),
  /** With `path`: text that the file must contain. */
  contains: z.string().min(1, 'must not be empty').regex(/^[^\n\0]*$/, 'must be one line').optional(),
  /** @default 60 */
  timeoutSeconds: z.int('must be a whole number').min(1, 'must be 1 or more').default(60),
  /** Seconds between two checks. @default 0.3 */
  intervalSeconds: z.number().min(0.05, 'must be 0.05 or more').optional(),
  /** The message of a timeout. @default what was waited for */
  message: z.string().optional(),
}).superRefine(({ path, port, tor, host, state, contains }, context) => {
  const wrong = (argument: string, message: string) => context.addIssue({ code: 'custom', path: [argument], message })
  if ([path, port, tor].filter(one => one !== undefined).length !== 1) context.addIssue({ code: 'custom', message: 'needs one of path, port and tor' })
  if (tor !== undefined && state !== 'present') wrong('state', 'makes sense only for a path or a port')
  if (host !== undefined && port === undefined) wrong('host', 'makes sense only together with port')
  if (contains !== undefined && (path === undefined || state !== 'present')) wrong('contains', 'makes sense only for a path that is present')
  if (state === 'drained' && (port === undefined || host !== undefined)) wrong('state', '\'drained\' is for a port of this host')
})

/**
 * Waits until a path exists or a port listens, or no longer does, or until tor has joined its
 * network. It changes nothing; check mode does not wait. Not supported from Ansible's `wait_for`:
 * `delay` (the first check costs nothing), `connect_timeout`, `exclude_hosts`,
 * `active_connection_states`, `search_regex` (`contains` is text); `sleep` is `intervalSeconds`.
 * Sources: proc(5), Tor's control-spec.
 *
 * @example
 * waitFor({ port: 22, timeoutSeconds: 30 })
 */
export const waitFor = defineModule({
  name: 'wait-for',
  args,
  plan({ path, port, tor, host, state, contains, timeoutSeconds, intervalSeconds, message }) {
    const condition = tor !== undefined ? { tor } : port === undefined ? { path: path ?? '/', absent: state === 'absent', contains } : { port, host, state: ({ present: 'open', absent: 'closed', drained: 'drained' } as const)[state] }
    return { wants: [want(waitResource, { condition, timeoutSeconds, intervalSeconds, message }, {})] }
  },
})
