/** Shell: what the playbook keeps of the host, as others than stead see it. */
export const proof = `cat /etc/notes/notes.conf /etc/notes/address /etc/hostname /etc/systemd/system/notes.service /etc/nginx/sites-enabled/notes.conf; grep notes /etc/hosts /etc/security/limits.conf
stat -c '%n %a' /etc/notes /etc/notes/* /var/lib/notes /opt/notes/LICENCE /etc/notes-tools.conf; find /opt/notes/pages /var/www/element ! -name '.stead*' -printf '%p %y %m\\n' | sort
getent passwd notes | cut -d: -f 1,6,7; getent passwd keeper | cut -d: -f 1,5-7; id -nG keeper | grep -ow notes; grep keeper@example.org ~keeper/.ssh/authorized_keys; hostname; cat /proc/sys/net/ipv4/ip_local_port_range; apt-mark showhold; readlink /usr/local/bin/notes-python
systemctl is-enabled notes nginx notes-tidy.timer; systemctl is-active notes nginx tor@default notes-tidy.timer; nginx -t 2>&1; /opt/notes/venv/bin/python3 -c 'import six; print(six.__version__)'
cd /; runuser -u postgres -- psql -XAtc "select rolcreatedb from pg_roles where rolname = 'notes'; select rolconnlimit from pg_roles where rolname = 'reports'; select datname, pg_get_userbyid(datdba) from pg_database order by 1"`
