import type { Play } from '../../lib/index.ts'
import { apt } from '../../modules/apt.ts'

/** What Debian gives. Nothing is started before it is configured: no site of nginx on all addresses, no Tor without its torrc. */
export function packages({ task }: Play): void {
  task('Packages', apt({
    // Before 0.4.9.11 OnionTrafficOnly is not known to hold on a port of HTTP CONNECT.
    packages: ['tor>=0.4.9.11', 'nginx', 'postgresql', 'python3-venv', 'python3-psycopg2', 'libpq5', 'openssl', 'curl', 'ca-certificates'],
    startServices: false,
  }), { tags: ['packages'] })
}
