import { z } from 'zod'

export const taskStatus = z.enum(['ok', 'change', 'may-change', 'failed', 'skipped'])
export const hostStatus = z.enum(['ok', 'change', 'may-change', 'failed', 'unreachable'])

const change = z.strictObject({
  resource: z.string().describe('Printed identity, as in file[/etc/tor/torrc]'),
  diff: z.string().describe('What differs, as text; secrets are never in it'),
  reason: z.string().optional().describe('Why it may change only'),
})

const ignored = z.literal(true).optional().describe('It failed, and the playbook ignores that')

const taskReport = z.strictObject({
  name: z.string(),
  module: z.string(),
  status: taskStatus,
  changes: z.array(change),
  durationMs: z.number().describe('If several tasks were applied in one frame, each has the time of the whole frame'),
  error: z.string().optional(),
  ignored,
})

const handlerReport = z.strictObject({
  name: z.string(),
  status: taskStatus,
  error: z.string().optional(),
  reason: z.string().optional().describe('Why it may run only'),
  after: z.number().int().optional().describe('How many of the tasks had ended when it ran; all of them if not given'),
  ignored,
})

const hostReport = z.strictObject({
  status: hostStatus,
  connectMs: z.number(),
  roundTrips: z.number().int().describe('Frames of reads and writes; connecting is not among them'),
  bytesSent: z.number().int(),
  bytesReceived: z.number().int(),
  tasks: z.array(taskReport),
  handlers: z.array(handlerReport),
  summary: z.array(z.string()).describe('What the playbook says at the end'),
  error: z.string().optional(),
  stopped: z.literal(true).optional().describe('It was told to stop before all tasks were done (Ctrl-C, a signal); its status is then failed'),
})

/** The shape of `--report FILE.json`. */
export const reportSchema = z.strictObject({
  version: z.literal(1),
  playbook: z.string(),
  inventory: z.string(),
  check: z.boolean(),
  startedAt: z.iso.datetime(),
  durationMs: z.number(),
  hosts: z.record(z.string(), hostReport),
})

export type Report = z.infer<typeof reportSchema>
export type HostReport = z.infer<typeof hostReport>
export type TaskReport = z.infer<typeof taskReport>
export type HandlerReport = z.infer<typeof handlerReport>
export type Change = z.infer<typeof change>
export type TaskStatus = z.infer<typeof taskStatus>

/** The worst status among a host's tasks and handlers, apart from ignored failures. */
export function statusOf({ tasks, handlers }: Pick<HostReport, 'tasks' | 'handlers'>): HostReport['status'] {
  const all = new Set([...tasks, ...handlers].filter(each => each.ignored !== true).map(({ status }) => status))
  for (const status of ['failed', 'change', 'may-change'] as const) if (all.has(status)) return status
  return 'ok'
}

/** The exit status of the process; the worst host decides (README.md, Options). */
export function exitStatus({ hosts, check }: Report): number {
  const all = new Set(Object.values(hosts).map(({ status }) => status))
  if (all.has('unreachable')) return 4
  if (all.has('failed')) return 1
  return check && (all.has('change') || all.has('may-change')) ? 2 : 0
}
