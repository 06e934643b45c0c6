import { sessionShells } from './cuts.ts'

/**
 * Shell: prints everything that a run may leave behind, one line each, and its programs that still
 * run. Equal before and after if nothing was left.
 */
export const traces = `find /etc /opt /srv /usr/sbin /usr/local /var/www /var/lib/stead /var/lib/dpkg/updates /var/lib/notes /tmp /var/tmp /root /home -xdev -printf '%p %y %m %u:%g\\n' 2>/dev/null \\
| grep -vE '__pycache__|/systemd-private-|^/etc/[a-z.]*- |^/etc/(tor|mtab|[.]updated)|^/var/lib/stead d |^/home/[^ ]*bash_history|^/tmp d |^/tmp/[.](X11|ICE|font|XIM|Test)|ssl_temp|^/root/[.](ssh|bash)' | sort
dpkg --audit; ls /var/lib/stead/notified 2>/dev/null
ps -eo args= | grep -E '^(apt-get|dpkg|/usr/bin/dpkg|psql|openssl|tar|gpg)|-m (pip|venv)|${sessionShells}' | grep -v grep || :`

/** A service and the files that it reads when it starts or reloads. */
interface Reader {
  unit: string
  files: string
  /** Its process that read them last. @default the main process */
  process?: string
}

export const notesReaders: Reader[] = [
  { unit: 'notes', files: '/etc/notes/notes.conf /etc/notes/session.secret /etc/systemd/system/notes.service /etc/systemd/system/notes.service.d/*.conf' },
  { unit: 'nginx', files: '/etc/nginx/sites-available/notes.conf', process: 'pgrep -n -x nginx' },
]

export const synapseReaders: Reader[] = [
  { unit: 'matrix-synapse', files: '/etc/matrix-synapse/homeserver.yaml /etc/matrix-synapse/macaroon.secret /etc/systemd/system/matrix-synapse.service' },
  { unit: 'nginx', files: '/etc/nginx/sites-available/synapse.conf /etc/matrix-synapse/tls/cert.pem', process: 'pgrep -n -x nginx' },
]

/**
 * Shell: prints each service that still runs with an older version of its files (with a tolerance
 * of one second, since ps(1) rounds).
 */
export function outdated(readers: readonly Reader[]): string {
  return readers.map(({ unit, files, process }) => `pid=$(${process ?? `systemctl show --value -p MainPID ${unit}`}); age=$(ps -o etimes= -p "$pid"); started=$(($(date +%s) - age))
for f in ${files}; do [ "$(stat -c %Y "$f")" -le $((started + 1)) ] || echo "${unit} does not run on $f as it is now"; done
[ "$(systemctl show --value -p NeedDaemonReload ${unit})" = no ] || echo "systemd has not read ${unit} anew"`).join('\n')
}
