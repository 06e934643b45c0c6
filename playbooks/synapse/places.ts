/** Where things are on a homeserver, and who it runs as. */
export const places = {
  config: '/etc/matrix-synapse',
  data: '/var/lib/matrix-synapse',
  venv: '/opt/matrix-synapse/venv',
  tls: '/etc/matrix-synapse/tls',
  element: '/var/www/element',
} as const

/** The system user has the name of the PostgreSQL role, so that Debian's peer authentication lets it in without any password. */
export const account = 'synapse_user'
