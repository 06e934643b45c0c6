/** Something that a run has to repair, slow enough to be interrupted. */
export interface Scene {
  name: string
  /** Shell, as root: damages a converged host. */
  damage: string
  /**
   * Shell conditions on the host that hold only for a moment of the run: windows in which an
   * interruption hurts most.
   */
  windows: Record<string, string>
}

const process = (name: string) => `pgrep -x ${name} >/dev/null`
const temporary = (place: string) => `[ -n "$(find ${place} -maxdepth 2 '(' -name '.stead.*' -o -name '*.stead-new' ')' -print -quit 2>/dev/null)" ]`

/** Damage for the playbook that uses every module (spec/playbooks/every-module). */
export const notesScenes: Scene[] = [
  {
    name: 'package and configuration',
    damage: `dpkg --purge notes-tools; echo by-hand >>/etc/notes/notes.conf`,
    windows: {
      'apt-get runs': process('apt-get'), 'dpkg runs': process('dpkg'), 'services are kept from starting (66)': '[ -e /usr/sbin/policy-rc.d ]',
      'dpkg writes its updates (67)': '[ -n "$(ls /var/lib/dpkg/updates)" ]', 'its lists are half read': process('dpkg-deb'),
    },
  },
  {
    name: 'environment of Python',
    damage: `rm -rf /opt/notes/venv; sed -i 's/256M/128M/' /etc/systemd/system/notes.service.d/*.conf`,
    windows: { 'ensurepip unpacks pip (69)': '[ -d /opt/notes/venv/lib/python3.11/site-packages/pip ] || [ -d /opt/notes/.stead*/lib ]', 'pip runs': 'pgrep -f "[-]m pip" >/dev/null', 'the environment is begun': '[ -n "$(find /opt/notes -name bin -print -quit)" ]' },
  },
  {
    name: 'database',
    damage: `cd /; runuser -u postgres -- psql -qXc 'DROP DATABASE notes'; runuser -u postgres -- psql -qXc "COMMENT ON ROLE reports IS 'by hand'; ALTER ROLE notes CREATEDB"`,
    windows: { 'psql runs': process('psql'), 'the database is made': `[ -n "$(pgrep -f 'CREATE DATABASE')" ]` },
  },
  {
    name: 'cluster of PostgreSQL',
    damage: `systemctl stop postgresql@15-main; pg_dropcluster 15 main; DEBIAN_FRONTEND=noninteractive dpkg --purge --force-depends postgresql postgresql-15`,
    windows: {
      'initdb runs (68)': process('initdb'), 'the cluster is half made (68)': '[ -d /var/lib/postgresql/15/main ] && [ ! -e /etc/postgresql/15/main/postgresql.conf ]',
      'PostgreSQL starts (71)': 'systemctl show -p ActiveState postgresql@15-main | grep -q =activating',
    },
  },
  {
    name: 'files, keys and pages',
    damage: `echo by hand >>/etc/notes/notes.conf; rm -rf /opt/notes/pages/index.html /opt/notes/LICENCE /etc/notes/cert.pem /etc/notes/key.pem; : >/etc/notes/session.secret; rm /etc/notes/address; gpasswd -d keeper notes; sed -i /notes/d /etc/hosts`,
    windows: { 'a file is half written (72)': `${temporary('/etc')} || ${temporary('/opt')}`, 'the key is made (70)': process('openssl'), 'a handler is noted down': '[ -n "$(ls /var/lib/stead/notified 2>/dev/null)" ]' },
  },
  {
    name: 'web and Tor',
    damage: `echo '# by hand' >>/etc/nginx/sites-available/notes.conf; rm -f /etc/nginx/sites-enabled/notes.conf; sed -i '/9050/d' /etc/tor/torrc; rm -rf /var/www/element/bundles; systemctl stop nginx; rm -f /etc/systemd/system/nginx.service.d/*.conf`,
    windows: { 'Tor restarts': 'systemctl show -p Job tor@default | grep -q =.', 'the release is unpacked': `${temporary('/var/www')} || ${process('tar')}`, 'a handler is noted down': '[ -n "$(ls /var/lib/stead/notified 2>/dev/null)" ]' },
  },
]

/** Damage for the Synapse playbook. */
export const synapseScenes: Scene[] = [
  {
    name: 'configuration of Synapse',
    damage: `sed -i 's/^report_stats: false/report_stats: true/' /etc/matrix-synapse/homeserver.yaml; chmod 0644 /etc/matrix-synapse/macaroon.secret`,
    windows: { 'a file is half written (72)': temporary('/etc/matrix-synapse'), 'a handler is noted down': '[ -n "$(ls /var/lib/stead/notified 2>/dev/null)" ]', 'Synapse restarts': 'systemctl show -p Job matrix-synapse | grep -q =.' },
  },
  {
    name: 'a package of the environment',
    damage: 'rm -r /opt/matrix-synapse/venv/lib/python3*/site-packages/jinja2 /opt/matrix-synapse/venv/lib/python3*/site-packages/[jJ]inja2-*.dist-info',
    windows: { 'pip runs (69)': 'pgrep -f "[-]m pip" >/dev/null', 'the package is half there (69)': '[ -d /opt/matrix-synapse/venv/lib/python3.11/site-packages/jinja2 ]' },
  },
  {
    name: 'keys of the server',
    damage: 'rm -f /etc/matrix-synapse/tls/key.pem /etc/matrix-synapse/tls/cert.pem /etc/nginx/sites-enabled/synapse.conf',
    windows: { 'the key is made (70)': process('openssl'), 'a handler is noted down': '[ -n "$(ls /var/lib/stead/notified 2>/dev/null)" ]' },
  },
  {
    name: 'onion and database',
    damage: `sed -i '/BEGIN stead onion service/,/END stead onion service/d' /etc/tor/torrc; cd /; runuser -u postgres -- psql -qXc 'ALTER DATABASE synapse OWNER TO postgres'; systemctl stop nginx`,
    windows: { 'psql runs': process('psql'), 'Tor reloads': 'systemctl show -p Job tor@default | grep -q =.' },
  },
]
