import type { Play } from '../../lib/index.ts'
import { apt } from '../../modules/apt.ts'
import type { SynapseVars } from '../synapse.ts'

/**
 * Debian packages. Nothing is started before it is configured: no nginx site on all addresses, no
 * Tor without its torrc.
 */
export function packages({ task }: Play, options: SynapseVars): void {
  task('Packages', apt({
    // Before 0.4.9.11 it is not certain that OnionTrafficOnly works on an HTTP CONNECT port.
    packages: ['tor>=0.4.9.11', 'nginx', 'postgresql', 'python3-venv', 'python3-psycopg2', 'libpq5', 'openssl', 'curl', 'ca-certificates'],
    startServices: false,
    unsafeIo: options.packages_unsafe_io,
  }), { tags: ['packages'] })
}
