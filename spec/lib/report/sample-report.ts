import type { HostReport, Report, TaskReport } from '../../../lib/report/report.ts'

/** What an operator may name things, and a host may print. */
export const nasty = '<b>&"\'\u0001]]></failure><script>alert(1)</script>é'

export const task = (fields: Partial<TaskReport> = {}): TaskReport => ({ name: 'Greet', module: 'file', status: 'ok', changes: [], durationMs: 12.5, ...fields })

export const host = (fields: Partial<HostReport> = {}): HostReport => ({
  status: 'ok', connectMs: 80.5, roundTrips: 1, bytesSent: 1000, bytesReceived: 2000, tasks: [], handlers: [], summary: [], ...fields,
})

export const report = (hosts: Record<string, HostReport>, check = false): Report => ({
  version: 1, playbook: 'Hello', inventory: '/srv/prod.yml', check, startedAt: '2026-01-02T03:04:05.000Z', durationMs: 1234, hosts,
})

/** Every status there is, with names and texts that need escaping. */
export const full = (check: boolean): Report => report({
  [`web1 ${nasty}`]: host({
    status: 'failed', error: undefined,
    tasks: [
      task(), task({ name: 'Skip', status: 'skipped', module: '' }), task({ name: nasty, status: 'change', changes: [{ resource: 'file[/x]', diff: `-a\n+${nasty}` }] }),
      task({ name: 'May', status: 'may-change', changes: [{ resource: 'unit[x]', diff: '', reason: nasty }] }), task({ name: 'Fail', status: 'failed', error: `it failed: ${nasty}` }),
    ],
    handlers: [{ name: `Reload ${nasty}`, status: 'change' }, { name: 'Broken', status: 'failed', error: 'x' }],
  }),
  web2: host({ status: 'unreachable', error: `no answer\n${nasty}` }),
}, check)
