import type { Play, Task } from '../../lib/index.ts'
import { onionService } from '../../modules/onion-service.ts'
import { systemd } from '../../modules/systemd.ts'
import { torrc } from '../../modules/torrc.ts'
import { waitFor } from '../../modules/wait-for.ts'

/**
 * Loopback ports that nginx listens on, by port of the onion. 443 only serves federation: a peer
 * asks there first.
 */
export const nginxPorts = { 80: '127.0.0.1:8080', 443: '127.0.0.1:8443', 8448: '127.0.0.1:8448' } as const

/**
 * Tor with its client ports (SOCKS, HTTP CONNECT, DNS, all on loopback) and an onion service.
 * Returns the task whose result is the onion address.
 */
export function onion({ task, handler }: Play, { name, clearnet }: { name: string; clearnet: boolean }): Task<{ hostname: string }> {
  // A running Tor has given up the privilege to bind port 53, so only a restart opens the DNS port.
  const restart = handler('Restart Tor', systemd({ unit: 'tor@default', state: 'restarted' }))
  const reload = handler('Reload Tor', systemd({ unit: 'tor@default', state: 'reloaded' }))
  task('Ways out through Tor', torrc({
    name: 'ways-out',
    options: {
      SocksPort: '127.0.0.1:9050 IsolateDestAddr',
      HTTPTunnelPort: [`127.0.0.1:9080 ${clearnet ? '' : 'OnionTrafficOnly '}IsolateDestAddr`, '127.0.0.1:9081 IsolateDestAddr'],
      DNSPort: '127.0.0.1:53',
      ClientOnly: 1,
      SafeLogging: 1,
      AvoidDiskWrites: 1,
      MaxCircuitDirtiness: 3600,
    },
  }), { notify: restart, tags: ['tor'] })
  // This comes before Tor has to run: it repairs the owner of the service's directory, without
  // which Tor does not start. It starts a stopped Tor.
  const service = task('Onion service', onionService({ name, ports: nginxPorts, options: { HiddenServicePoWDefensesEnabled: 1, HiddenServiceEnableIntroDoSDefense: 1 } }), { notify: reload, tags: ['tor'] })
  task('Tor runs', systemd({ unit: 'tor@default', state: 'started' }), { tags: ['tor'] })
  task('Tor starts at boot', systemd({ unit: 'tor', state: 'started', enabled: true }), { tags: ['tor'] })
  // Downloads through Tor would just hang; if relays are blocked, this task reports it.
  task('Tor has joined its network', waitFor({ tor: '/run/tor/control', timeoutSeconds: 300 }), { tags: ['tor'] })
  return service
}
