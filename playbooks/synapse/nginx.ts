import type { Play, Task } from '../../lib/index.ts'
import { command } from '../../modules/command.ts'
import { file } from '../../modules/file.ts'
import { httpCheck } from '../../modules/http-check.ts'
import { nginxSite } from '../../modules/nginx-site.ts'
import { systemd } from '../../modules/systemd.ts'
import type { SynapseVars } from '../synapse.ts'
import { places } from './places.ts'

const tags = ['nginx']

/**
 * nginx on loopback: Element and the client API, the .well-known answers, federation over TLS and
 * plain HTTP on one port.
 */
export function nginx({ task, handler, flushHandlers }: Play, options: SynapseVars, onion: Task<{ hostname: string }>): void {
  const reload = handler('Reload nginx', systemd({ unit: 'nginx', state: 'reloaded' }))
  const prove = handler('The onion answers through Tor', async () => httpCheck({
    url: `http://${(await onion).hostname}/_matrix/client/versions`, socks: '127.0.0.1:9050', contains: 'versions', requestTimeoutSeconds: 60, timeoutSeconds: 300,
  }))

  task('Certificate of the onion', async () => {
    const { hostname } = await onion
    return command({
      // The address is passed in the environment, so that a check, which does not know it yet, sees
      // the same command as the run.
      argv: ['sh', '-c', `exec openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=onion -addext "subjectAltName=DNS:$ONION" -keyout ${places.tls}/key.pem -out ${places.tls}/cert.pem`],
      env: { ONION: hostname },
      // Both are created together, so both are tested: otherwise only nginx would notice a lost or
      // damaged key.
      unless: `k=$(openssl pkey -in ${places.tls}/key.pem -pubout) && [ "$k" = "$(openssl x509 -in ${places.tls}/cert.pem -noout -pubkey)" ]`, umask: '0077',
    })
  }, { notify: reload, tags })
  task('Key of the certificate: permissions', file({ path: `${places.tls}/key.pem`, owner: 'root', group: 'root', mode: '0600' }), { notify: reload, tags })
  task('nginx site', async () => nginxSite({
    name: 'synapse', source: 'nginx-synapse.conf.eta', removeDefault: true,
    vars: { onion: (await onion).hostname, elementRoot: places.element, tlsDir: places.tls, maxUploadSize: options.max_upload_size, circuitIds: false },
  }), { notify: [reload, prove], tags })
  task('nginx runs', systemd({ unit: 'nginx', state: 'started', enabled: true }), { tags })
  flushHandlers()
  task('Element answers', httpCheck({ url: 'http://127.0.0.1:8080/', contains: 'html' }), { tags })
}
