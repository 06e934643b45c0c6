import { account, places } from '../playbooks/synapse/places.ts'
import type { Target, Through } from './target.ts'

const { config, data, tls, venv, element } = places

/** Files whose content the playbook sets. */
const contents = [
  '/etc/tor/torrc', '/var/lib/tor/synapse/hostname', `${config}/log.yaml`, `${config}/homeserver.yaml`, `${config}/resolv.conf`, `${config}/nsswitch.conf`,
  '/etc/systemd/system/matrix-synapse.service', '/etc/nginx/sites-available/synapse.conf', `${element}/config.json`, `${element}/.stead-archive`,
]
/** What else it reads: types, owners, modes, targets of links. */
const others = [
  config, tls, data, `${data}/media`, '/opt/matrix-synapse', `${config}/registration.secret`, `${config}/macaroon.secret`, `${config}/form.secret`,
  `${config}/signing.key`, `${tls}/cert.pem`, `${tls}/key.pem`, '/etc/nginx/sites-enabled/synapse.conf',
]
const packages = 'tor nginx postgresql python3-venv python3-psycopg2 libpq5 openssl curl ca-certificates'
const units = 'tor.service tor@default.service postgresql.service postgresql@15-main.service matrix-synapse.service nginx.service'
const metadata = `${venv}/lib/python3*/site-packages/*.dist-info/METADATA /usr/lib/python3/dist-packages/*.dist-info/METADATA /usr/lib/python3/dist-packages/*.egg-info/PKG-INFO`

/**
 * One shell script that reads the same state as playbooks/synapse.ts, as tersely as a shell can:
 * one program for all files, all packages, all units. It makes no decisions. Its cost over ssh is
 * the minimum for any tool without an agent on the host.
 */
export const limitScript = `set -e; export LC_ALL=C; cd /
stat -c '%n %f %U %G %s %N' -- ${[...contents, ...others].join(' ')}
sha256sum -- ${contents.join(' ')}
[ -e /etc/nginx/sites-enabled/default ] || echo absent
dpkg-query -W -f '\${Package} \${db:Status-Status} \${Version}\\n' -- ${packages}
systemctl show -p Id,LoadState,ActiveState,UnitFileState,InvocationID -- ${units}
getent passwd ${account}; getent group ${account}; id -Gn ${account}
runuser -u postgres -- psql -XAtq -d postgres -c "select rolname, rolsuper, rolcreatedb, rolcreaterole, rolcanlogin from pg_roles where rolname = 'synapse_user'; select datname, pg_get_userbyid(datdba), encoding, datcollate, datctype from pg_database where datname = 'synapse'"
cat ${venv}/pyvenv.cfg; for f in ${metadata}; do [ -f "$f" ] && sed -n -e '/^$/q' -e '/^Name: /p' -e '/^Version: /p' -e '/^Requires-Dist: /p' "$f"; done
(cd ${element} && find . -mindepth 1 -printf '%P %y %s %T@ %l\\0' | sort -z | sha256sum)
curl -sS --noproxy '*' http://127.0.0.1:8008/health; curl -sS --noproxy '*' -o /dev/null -w '%{http_code}\\n' http://127.0.0.1:8080/
echo all read`

/** The arguments of ssh for a fresh connection to the host, directly or through a proxy. */
export function sshArguments({ host, identityFile }: Target, { knownHosts, port, host: address = '127.0.0.1' }: Pick<Through, 'knownHosts' | 'port'> & { host?: string }, script: string): string[] {
  const options = [
    'BatchMode=yes', 'ControlMaster=no', 'ControlPath=none', 'IdentitiesOnly=yes', 'PreferredAuthentications=publickey',
    'StrictHostKeyChecking=yes', `UserKnownHostsFile=${knownHosts}`, 'GlobalKnownHostsFile=/dev/null',
  ]
  return ['-F', '/dev/null', '-T', '-i', identityFile, '-p', String(port), ...options.flatMap(option => ['-o', option]), `${host.user}@${address}`, script]
}
