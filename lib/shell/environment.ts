/**
 * The environment variables that a host's shell keeps. All others are dropped, since they change
 * what programs do: PGHOST sends psql to another server, POSIXLY_CORRECT and TAR_OPTIONS change
 * what options mean, LD_PRELOAD and PYTHONPATH load foreign code. A program gets what it needs from
 * the task that runs it, or from its own configuration file.
 *
 * The ones that are kept say who the user is, which proxy to use, and which certificates to trust
 * (for a proxy that inspects TLS).
 */
export const KEPT = [
  'HOME', 'USER', 'LOGNAME', 'SHELL',
  ...['http_proxy', 'https_proxy', 'ftp_proxy', 'all_proxy', 'no_proxy'].flatMap(name => [name, name.toUpperCase()]),
  'SSL_CERT_FILE', 'SSL_CERT_DIR', 'CURL_CA_BUNDLE', 'REQUESTS_CA_BUNDLE',
] as const

/** Where programs are looked up, whatever the login shell's configuration says. */
export const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * Cleans the environment of a POSIX shell without starting a program: env(1) would show a proxy's
 * password in its command line. If a line of a multi-line value looks like the start of another
 * variable, that variable is unset. It is one that gets dropped anyway.
 */
export const cleanEnvironment = `set -f; IFS='
'; for v in $(export -p); do case $v in 'export '*) v=\${v#export }; v=\${v%%=*}; case $v in
${KEPT.join('|')}|PWD|SHELLOPTS|BASHOPTS|''|[0-9]*|*[!A-Za-z0-9_]*) ;; *) unset "$v";; esac;; esac; done; unset IFS; set +f
PATH=${PATH}; LC_ALL=C; export PATH LC_ALL; umask 022; cd /`
