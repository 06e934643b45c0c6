import { yamlString, type Play, type Task } from '../../lib/index.ts'
import { command } from '../../modules/command.ts'
import { file } from '../../modules/file.ts'
import { generatedSecret } from '../../modules/generated-secret.ts'
import { httpCheck } from '../../modules/http-check.ts'
import { pipVenv } from '../../modules/pip-venv.ts'
import { systemd } from '../../modules/systemd.ts'
import { template } from '../../modules/template.ts'
import type { SynapseVars } from '../synapse.ts'
import { account, places } from './places.ts'

const tags = ['synapse']
/** Only root writes it, and only Synapse reads it. */
const readable = { owner: 'root', group: account, mode: '0640' }

/** Synapse itself: its environment, secrets, configuration and unit. It runs afterwards. */
export function synapse({ task, handler, flushHandlers }: Play, options: SynapseVars, onion: Task<{ hostname: string }>): void {
  const restart = handler('Restart Synapse', systemd({ unit: 'matrix-synapse', state: 'restarted' }))

  task('Virtual environment with Synapse', pipVenv({
    path: places.venv,
    packages: [`matrix-synapse==${options.synapse_version}`],
    systemSitePackages: true,
    // Through Tor, fetching uv (17 MB) may take longer than it saves: not measured.
    installer: options.downloads_through_tor ? 'pip' : 'auto',
    proxy: options.downloads_through_tor ? 'http://127.0.0.1:9081' : undefined,
  }), { notify: restart, tags })

  for (const name of ['registration', 'macaroon', 'form']) {
    task(`Secret: ${name}`, generatedSecret({ path: `${places.config}/${name}.secret`, ...readable }), { notify: restart, tags })
  }
  task('Signing key', command({
    argv: [`${places.venv}/bin/generate_signing_key`, '-o', '%s'], umask: '0077',
    // Synapse does not start with an empty key, and with a new key peers would see a different
    // server.
    creates: { path: `${places.config}/signing.key`, beside: true, test: 'grep -Eq "^ed25519 [A-Za-z0-9_]+ [A-Za-z0-9+/]{43}=?[[:space:]]*$" "$1"' },
  }), { notify: restart, tags })
  task('Signing key: permissions', file({ path: `${places.config}/signing.key`, ...readable }), { tags })

  task('log.yaml', template({ path: `${places.config}/log.yaml`, source: 'log.yaml.eta', vars: { text: yamlString, logLevel: 'WARNING' }, ...readable }), { notify: restart, tags })
  task('homeserver.yaml', async () => template({
    path: `${places.config}/homeserver.yaml`, source: 'homeserver.yaml.eta', ...readable,
    validate: [`${places.venv}/bin/python`, '-m', 'synapse.config', '-c', '%s'],
    vars: {
      text: yamlString, onion: (await onion).hostname, configDir: places.config, dataDir: places.data,
      federateWith: options.federate_with, registration: options.registration, maxUploadSize: options.max_upload_size,
      roomVersion: '12', circuitIds: false, profilesOverFederation: true, localMediaLifetime: '90d', remoteMediaLifetime: '14d',
    },
  }), { notify: restart, tags })
  for (const name of ['resolv.conf', 'nsswitch.conf']) {
    task(`Resolve names only through Tor: ${name}`, template({ path: `${places.config}/${name}`, source: name, owner: 'root', group: 'root', mode: '0644' }), { notify: restart, tags })
  }
  task('Unit of Synapse', template({
    path: '/etc/systemd/system/matrix-synapse.service', source: 'matrix-synapse.service.eta', owner: 'root', group: 'root', mode: '0644',
    vars: { venv: places.venv, configDir: places.config, dataDir: places.data },
  }), { notify: restart, tags })

  flushHandlers()
  task('Synapse runs', systemd({ unit: 'matrix-synapse', state: 'started', enabled: true }), { tags })
  task('Synapse answers', httpCheck({ url: 'http://127.0.0.1:8008/health', contains: 'OK' }), { tags })
}
