import type { Play } from '../../../lib/index.ts'
import { elementWeb } from '../../../modules/element-web.ts'
import { file } from '../../../modules/file.ts'
import { httpCheck } from '../../../modules/http-check.ts'
import { nginxSite } from '../../../modules/nginx-site.ts'
import { onionService } from '../../../modules/onion-service.ts'
import { systemd } from '../../../modules/systemd.ts'
import { systemdUnit } from '../../../modules/systemd-unit.ts'
import { torrc } from '../../../modules/torrc.ts'

/** What others reach: nginx on loopback, an onion service before it, and a web client that knows the onion's address. */
export function web({ task, handler, flushHandlers }: Play, client: { archive: string; sha256: string }): void {
  const restartTor = handler('Restart Tor', systemd({ unit: 'tor@default', state: 'restarted' }))
  const reloadTor = handler('Reload Tor', systemd({ unit: 'tor@default', state: 'reloaded' }))
  const reload = handler('Reload nginx', systemd({ unit: 'nginx', state: 'reloaded' }))
  task('Way out through Tor', torrc({ name: 'way-out', options: { SocksPort: '127.0.0.1:9050', ClientOnly: 1 } }), { notify: restartTor })
  task('Tor runs', systemd({ unit: 'tor@default', state: 'started' }))
  task('Tor starts at boot', systemd({ unit: 'tor', state: 'started', enabled: true }))
  const onion = task('Onion service', onionService({ name: 'notes', ports: { 80: '127.0.0.1:8080' } }), { notify: reloadTor })
  task('Address, for people', async () => file({ path: '/etc/notes/address', content: `${(await onion).hostname}\n`, mode: '0644' }))
  task('Web client', async () => elementWeb({ ...client, directory: '/var/www/element', config: 'client.json.eta', vars: { onion: (await onion).hostname } }))
  task('Site', async () => nginxSite({ name: 'notes', source: 'site.conf.eta', vars: { onion: (await onion).hostname, root: '/var/www/element' }, removeDefault: true }), { notify: reload })
  task('nginx comes back by itself', systemdUnit({ name: 'nginx', dropIn: 'restart', sections: { Service: { Restart: 'on-failure' } } }))
  task('nginx runs', systemd({ unit: 'nginx', state: 'started', enabled: true }))
  flushHandlers()
  task('nginx answers', httpCheck({ url: 'http://127.0.0.1:8080/', contains: 'html' }))
}
