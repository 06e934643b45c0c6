import { inOrder } from './in-order.ts'
import type { Report, TaskReport } from './report.ts'

function escapeXml(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '?').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/**
 * The report as JUnit XML: one suite per host, one case per task or handler. In check mode a
 * predicted change is a failure, so that CI reports drift.
 */
export function junit({ playbook, hosts, check, startedAt }: Report): string {
  const suites = Object.entries(hosts).map(([name, { tasks, handlers, error }]) => {
    const steps = inOrder({ tasks, handlers }).map(({ task, handler }): TaskReport => task ?? { ...handler, name: `handler: ${handler.name}`, module: '', changes: [], durationMs: 0 })
    const cases = steps.map(task => testCase(name, task, check))
    if (error !== undefined) cases.push(`    <testcase classname="${escapeXml(name)}" name="host"><error message="${escapeXml(error.split('\n')[0] ?? '')}">${escapeXml(error)}</error></testcase>`)
    const failures = cases.filter(one => one.includes('<failure')).length
    return [`  <testsuite name="${escapeXml(name)}" timestamp="${startedAt}" tests="${cases.length}" failures="${failures}" errors="${error === undefined ? 0 : 1}">`, ...cases, '  </testsuite>'].join('\n')
  })
  return ['<?xml version="1.0" encoding="UTF-8"?>', `<testsuites name="${escapeXml(playbook)}">`, ...suites, '</testsuites>', ''].join('\n')
}

function testCase(host: string, { name, status, durationMs, changes, error, ignored }: TaskReport, check: boolean): string {
  const open = `    <testcase classname="${escapeXml(host)}" name="${escapeXml(name)}" time="${(durationMs / 1000).toFixed(3)}"`
  if (status === 'failed' && ignored) return `${open}><system-out>${escapeXml(`failed, and is ignored\n${error ?? ''}`)}</system-out></testcase>`
  if (status === 'failed') return `${open}><failure message="failed">${escapeXml(error ?? '')}</failure></testcase>`
  if (status === 'skipped') return `${open}><skipped/></testcase>`
  if (status === 'ok' || !check) return `${open}/>`
  const text = changes.map(({ resource, diff, reason }) => [resource, reason, diff].filter(Boolean).join('\n')).join('\n')
  return `${open}><failure message="${status}">${escapeXml(text)}</failure></testcase>`
}
