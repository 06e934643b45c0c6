import type { Report } from './report.ts'

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

const style = 'body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}pre{background:#f4f4f4;padding:.6rem;overflow:auto}summary{cursor:pointer}.status{font-weight:600;text-transform:uppercase;font-size:.8rem;margin-right:.5rem}'

function item(status: string, name: string, text: string): string {
  const title = `<span class="status">${status}</span>${escape(name)}`
  return text ? `<li><details><summary>${title}</summary><pre>${escape(text)}</pre></details></li>` : `<li>${title}</li>`
}

/** The report as one page that needs nothing else: no script, no font, no address. */
export function html({ playbook, inventory, check, startedAt, durationMs, hosts }: Report): string {
  const sections = Object.entries(hosts).map(([name, host]) => {
    const tasks = host.tasks.map(({ name: task, status, changes, error }) => {
      const text = [...changes.map(({ resource, reason, diff }) => [resource, reason, diff].filter(Boolean).join('\n')), error ?? ''].filter(Boolean).join('\n\n')
      return item(status, task, text)
    })
    const handlers = host.handlers.map(({ name: handler, status, error, reason }) => item(status, `handler: ${handler}`, error ?? reason ?? ''))
    const error = host.error === undefined ? '' : `<pre>${escape(host.error)}</pre>`
    return `<section><h2>${escape(name)}: ${host.status}</h2><p>${host.roundTrips} round trips, ${host.bytesSent} bytes sent, ${host.bytesReceived} received</p>${error}<ul>${[...tasks, ...handlers].join('\n')}</ul></section>`
  })
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escape(playbook)}</title><style>${style}</style>
<h1>${escape(playbook)}</h1><p>${check ? 'Check' : 'Run'} of ${escape(inventory)}, ${startedAt}, ${(durationMs / 1000).toFixed(1)} s</p>
${sections.join('\n')}</html>\n`
}
