import { inOrder } from './in-order.ts'
import type { HostReport, Report } from './report.ts'

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** Colours for light and dark; a status is also a word, so that nobody depends on the colours. */
const style = `
:root{color-scheme:light dark;--text:#222;--page:#fff;--code:#f4f4f4;--line:#ddd;--ok:#1a7f37;--change:#8a5a00;--may:#0b6a8f;--bad:#b3261e;--dim:#666}
@media(prefers-color-scheme:dark){:root{--text:#ddd;--page:#16181c;--code:#22262c;--line:#3a3f47;--ok:#5fd37a;--change:#e2b340;--may:#62c3e8;--bad:#ff8a80;--dim:#999}}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:var(--text);background:var(--page)}
pre{background:var(--code);padding:.6rem;overflow:auto}summary{cursor:pointer}ul{list-style:none;padding:0}li{border-top:1px solid var(--line);padding:.2rem 0}
table{border-collapse:collapse}th,td{text-align:left;padding:.1rem 1rem .1rem 0}
.status{font-weight:600;text-transform:uppercase;font-size:.8rem;margin-right:.5rem}
.ok{color:var(--ok)}.change{color:var(--change)}.may-change{color:var(--may)}.failed,.unreachable{color:var(--bad)}.skipped{color:var(--dim)}
.added{color:var(--ok)}.removed{color:var(--bad)}.place{color:var(--may)}`

function word(status: string): string {
  return `<span class="status ${status}">${status}</span>`
}

function item(status: string, name: string, text: string): string {
  const title = `${word(status)}${escapeHtml(name)}`
  return text ? `<li><details><summary>${title}</summary><pre>${text.split('\n').map(paint).join('\n')}</pre></details></li>` : `<li>${title}</li>`
}

function paint(line: string): string {
  const sort = line.startsWith('+') ? 'added' : line.startsWith('-') ? 'removed' : line.startsWith('@@') ? 'place' : undefined
  return sort === undefined ? escapeHtml(line) : `<span class="${sort}">${escapeHtml(line)}</span>`
}

function section([name, host]: [string, HostReport]): string {
  const items = inOrder(host).map(({ task, handler }) => {
    if (handler) return item(handler.status, `handler: ${handler.name}`, handler.error ?? handler.reason ?? '')
    const text = [...task.changes.map(({ resource, reason, diff }) => [resource, reason, diff].filter(Boolean).join('\n')), task.error ?? ''].filter(Boolean).join('\n\n')
    return item(task.status, `${task.name}${task.ignored ? ' (ignored)' : ''}`, text)
  })
  const error = host.error === undefined ? '' : `<pre>${escapeHtml(host.error)}</pre>`
  const summary = host.summary.length === 0 ? '' : `<pre>${escapeHtml(host.summary.join('\n'))}</pre>`
  return `<section><h2>${word(host.status)}${escapeHtml(name)}</h2><p>${host.roundTrips} round trips, ${host.bytesSent} bytes sent, ${host.bytesReceived} received</p>${error}<ul>${items.join('\n')}</ul>${summary}</section>`
}

/** The number of hosts, tasks and handlers by status. */
function totals(hosts: Report['hosts']): string {
  const all = Object.values(hosts)
  const row = (what: string, statuses: readonly string[]) => {
    const counts = [...new Set(statuses)].sort().map(status => `${word(status)}${statuses.filter(each => each === status).length}`)
    return `<tr><th>${what}</th><td>${statuses.length}</td><td>${counts.join(' ')}</td></tr>`
  }
  return `<table>${row('hosts', all.map(({ status }) => status))}${row('tasks', all.flatMap(({ tasks }) => tasks.map(({ status }) => status)))}${row('handlers', all.flatMap(({ handlers }) => handlers.map(({ status }) => status)))}</table>`
}

/** The report as one self-contained page: no scripts, fonts or links. */
export function html({ playbook, inventory, check, startedAt, durationMs, hosts }: Report): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escapeHtml(playbook)}</title><style>${style}</style>
<h1>${escapeHtml(playbook)}</h1><p>${check ? 'Check' : 'Run'} of ${escapeHtml(inventory)}, ${startedAt}, ${(durationMs / 1000).toFixed(1)} s</p>
${totals(hosts)}
${Object.entries(hosts).map(section).join('\n')}</html>\n`
}
