/** Paths on a homeserver, and the user that it runs as. */
export const places = {
  config: '/etc/matrix-synapse',
  data: '/var/lib/matrix-synapse',
  venv: '/opt/matrix-synapse/venv',
  tls: '/etc/matrix-synapse/tls',
  element: '/var/www/element',
} as const

/**
 * The system user has the name of the PostgreSQL role, so that Debian's peer authentication works
 * without a password.
 */
export const account = 'synapse_user'
