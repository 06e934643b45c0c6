/**
 * What of its environment a host's shell keeps; all else is dropped, since programs change their ways by it: PGHOST leads psql to another server,
 * POSIXLY_CORRECT and TAR_OPTIONS change what options mean, LD_PRELOAD and PYTHONPATH bring foreign code along. What a program needs is
 * given to it by the task that runs it, or stands in its own settings file.
 *
 * Kept is who somebody is; by which proxy the machine gets out; and which certificates it trusts, for a proxy that looks into TLS.
 */
export const KEPT = [
  'HOME', 'USER', 'LOGNAME', 'SHELL',
  ...['http_proxy', 'https_proxy', 'ftp_proxy', 'all_proxy', 'no_proxy'].flatMap(name => [name, name.toUpperCase()]),
  'SSL_CERT_FILE', 'SSL_CERT_DIR', 'CURL_CA_BUNDLE', 'REQUESTS_CA_BUNDLE',
] as const

/** Where programs are looked for, whatever the login shell's settings say. */
export const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * Cleans the environment of a POSIX shell without starting a program: a proxy's password would stand in the command line of env(1).
 * A line of a value of several lines that looks like a variable of its own costs that variable, which is dropped anyway.
 */
export const cleanEnvironment = `set -f; IFS='
'; for v in $(export -p); do case $v in 'export '*) v=\${v#export }; v=\${v%%=*}; case $v in
${KEPT.join('|')}|PWD|SHELLOPTS|BASHOPTS|''|[0-9]*|*[!A-Za-z0-9_]*) ;; *) unset "$v";; esac;; esac; done; unset IFS; set +f
PATH=${PATH}; LC_ALL=C; export PATH LC_ALL; umask 022; cd /`
