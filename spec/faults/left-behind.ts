import { sessionShells } from './cuts.ts'

/** Shell: everything that a run may have left where it writes, one line each, and programs of it that still run. The same before and after, where nothing was. */
export const traces = `find /etc /opt /srv /usr/sbin /usr/local /var/www /var/lib/stead /var/lib/dpkg/updates /var/lib/notes /tmp /var/tmp /root /home -xdev -printf '%p %y %m %u:%g\\n' 2>/dev/null \\
| grep -vE '__pycache__|/systemd-private-|^/etc/[a-z.]*- |^/etc/(tor|mtab|[.]updated)|^/var/lib/stead d |^/home/[^ ]*bash_history|^/tmp d |^/tmp/[.](X11|ICE|font|XIM|Test)|ssl_temp|^/root/[.](ssh|bash)' | sort
dpkg --audit; ls /var/lib/stead/notified 2>/dev/null
ps -eo args= | grep -E '^(apt-get|dpkg|/usr/bin/dpkg|psql|openssl|tar|gpg)|-m (pip|venv)|${sessionShells}' | grep -v grep || :`

/** A service and the files that it reads when it starts or is told to. */
interface Reader {
  unit: string
  files: string
  /** Which process of it read them last; its main one if not given. */
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

/** Shell: names each service that runs on what its files were before they were last changed (a second, which ps(1) rounds away, is allowed for). */
export function outdated(readers: readonly Reader[]): string {
  return readers.map(({ unit, files, process }) => `pid=$(${process ?? `systemctl show --value -p MainPID ${unit}`}); age=$(ps -o etimes= -p "$pid"); started=$(($(date +%s) - age))
for f in ${files}; do [ "$(stat -c %Y "$f")" -le $((started + 1)) ] || echo "${unit} does not run on $f as it is now"; done
[ "$(systemctl show --value -p NeedDaemonReload ${unit})" = no ] || echo "systemd has not read ${unit} anew"`).join('\n')
}
