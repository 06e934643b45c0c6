#!/bin/sh
# What somebody would write by hand to get the homeserver of playbooks/synapse.ts on a blank Debian 12.
# Root runs it on the host. Its folder contains the files to install, in files/, with @ONION@ where the
# address goes that Tor creates, and element.tar.gz. bench/converge.ts runs it, and then lets stead
# check that the host is what the playbook says.
set -eu
here=$(dirname "$0")
version=$1
config=/etc/matrix-synapse data=/var/lib/matrix-synapse venv=/opt/matrix-synapse/venv web=/var/www/element
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
umask 022
part() { echo "part $1 $(date +%s%3N)"; }
put() { mkdir -p "$(dirname "$1")"; sed "s/@ONION@/${onion:-}/g" "$here/files$1" >"$1"; }

groupadd --system synapse_user
useradd --system --gid synapse_user --home-dir $data --shell /usr/sbin/nologin synapse_user
install -d -o root -g synapse_user -m 750 $config
install -d -m 700 $config/tls
install -d -o synapse_user -g synapse_user -m 750 $data $data/media
install -d -m 755 /opt/matrix-synapse

part apt
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d
apt-get update -qq
apt-get install -qq -y --no-install-recommends tor nginx postgresql python3-venv python3-psycopg2 libpq5 openssl curl ca-certificates >/dev/null
rm /usr/sbin/policy-rc.d
part end

put /etc/tor/torrc
install -d -o debian-tor -g debian-tor -m 2700 /var/lib/tor/synapse
systemctl -q enable --now tor
systemctl restart tor@default
until [ -s /var/lib/tor/synapse/hostname ]; do sleep 0.1; done
onion=$(cat /var/lib/tor/synapse/hostname)

systemctl start postgresql@15-main
systemctl -q enable --now postgresql
runuser -u postgres -- psql -qX <<'SQL'
create role synapse_user login nosuperuser nocreatedb nocreaterole;
create database synapse owner synapse_user encoding 'UTF8' lc_collate 'C' lc_ctype 'C' template template0;
SQL

part venv
python3 -m venv --system-site-packages $venv
$venv/bin/pip install -q --disable-pip-version-check --no-cache-dir --only-binary=:all: "matrix-synapse==$version"
part end

for name in registration macaroon form; do
  (umask 077; openssl rand -hex 32 >$config/$name.secret)
  chown root:synapse_user $config/$name.secret; chmod 640 $config/$name.secret
done
(umask 077; $venv/bin/generate_signing_key -o $config/signing.key)
for file in log.yaml homeserver.yaml resolv.conf nsswitch.conf; do put $config/$file; done
chown root:synapse_user $config/signing.key $config/log.yaml $config/homeserver.yaml
chmod 640 $config/signing.key $config/log.yaml $config/homeserver.yaml
$venv/bin/python -m synapse.config -c $config/homeserver.yaml >/dev/null
put /etc/systemd/system/matrix-synapse.service
systemctl daemon-reload
systemctl -q enable --now matrix-synapse
until curl -sS --noproxy '*' http://127.0.0.1:8008/health 2>/dev/null | grep -q OK; do sleep 0.2; done

mkdir -p $web
tar -xzf "$here/element.tar.gz" --strip-components=1 --no-same-owner -C $web
put $web/config.json

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=onion -addext "subjectAltName=DNS:$onion" \
  -keyout $config/tls/key.pem -out $config/tls/cert.pem 2>/dev/null
chmod 600 $config/tls/key.pem $config/tls/cert.pem
put /etc/nginx/sites-available/synapse.conf
ln -s ../sites-available/synapse.conf /etc/nginx/sites-enabled/synapse.conf
rm -f /etc/nginx/sites-enabled/default
nginx -t -q
systemctl -q enable --now nginx
curl -sS --noproxy '*' http://127.0.0.1:8080/ | grep -q html
until curl -s --max-time 60 --socks5-hostname 127.0.0.1:9050 "http://$onion/_matrix/client/versions" | grep -q versions; do sleep 0.5; done
echo all done
