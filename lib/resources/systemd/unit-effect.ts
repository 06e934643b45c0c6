import { apply, type ApplyScript } from '../../shell/script.ts'
import { reloadIfNeeded } from './unit-state.ts'

/**
 * Shell. `P` reads a unit: `s` its state, `i` its invocation, `p` its main process and `k` that
 * process's program, `r` whether it can be reloaded, `z` how often systemd has restarted it, `y`
 * its type. `A` waits until it is not between two states, and reads it then. `E` gives up, with
 * what systemd, the journal and the service's own log have said since.
 */
const readUnit = apply`P() {
  s= i= p=0 r= z= y=
  while IFS== read -r name value; do
    case $name in ActiveState) s=$value;; InvocationID) i=$value;; MainPID) p=$value;; CanReload) r=$value;; NRestarts) z=$value;; Type) y=$value;; esac
  done <<END
$(systemctl show -p ActiveState,InvocationID,MainPID,CanReload,NRestarts,Type -- "$1")
END
  k=$(readlink "/proc/$p/exe"); k=\${k% (deleted)}; k=\${k##*/}
}
A() { j=0; while P "$1"; case $s in activating|deactivating|reloading|refreshing) [ $j -lt 1200 ];; *) false;; esac; do j=$((j + 1)); sleep 0.1; done; }
J() { journalctl --sync 2>/dev/null; journalctl -q --no-pager -o cat \${cursor:+--after-cursor="$cursor"} "$@"; }
E() { # unit, what went wrong
  echo "$2" >&2; systemctl status --no-pager -l -n 0 -- "$1" >&2; J -n 20 -u "$1" >&2
  if [ -f "$log" ]; then tail -c "+$((size + 1))" -- "$log" | tail -n 20 >&2; fi
  exit 1
}
N() { printf 'stead-note: %s\n' "$*" >&2; }
children() { cat "/proc/$1/task/$1/children" 2>/dev/null; }`

/**
 * Shell: special handling of some services, which are recognised by the program of their main
 * process. `before_reload` refuses a reload that would end the service. `after_reload` checks
 * whether it accepted its configuration, which neither the exit code of kill(1) nor systemd shows.
 * Sources: nginx(8), signals of ngx_cycle.c; tor(1), SIGNALS; PostgreSQL, pg_file_settings,
 * pg_hba_file_rules.
 */
const services = apply`Q() { # SQL for the server of which $p is the main process
  { read -r d; read -r d; read -r d; read -r port; read -r d; } <"/proc/$p/cwd/postmaster.pid" && d=\${d%%,*} || return
  (cd / && exec env -i PATH="$PATH" LC_ALL=C runuser -u "$(stat -c %U "/proc/$p")" -- psql -XAtqw -h "$d" -p "$port" -d postgres -c "$1" 2>&1)
}
pending="select coalesce(string_agg(name, ', ' order by name), '') from pg_settings where pending_restart"
errors="select coalesce(string_agg(text, E'\\n'), '') from (
  select sourcefile || ':' || sourceline || ': ' || coalesce(name || ': ', '') || error from pg_file_settings where error is not null
    and not exists (select from pg_settings where pg_settings.name = pg_file_settings.name and pending_restart)
  union all select 'pg_hba.conf:' || line_number || ': ' || error from pg_hba_file_rules where error is not null) as all_of_them (text)"
before_reload() { x=; case $k in
tor)
  o=$(xargs -0 -a "/proc/$p/cmdline" sh -c 'exec "$@" --verify-config --hush' sh 2>&1) || { printf '%s\n' "$o" >&2; echo "$1 was not reloaded: it would exit, since it does not accept its configuration." >&2; exit 1; }
  t=$(tr '\0' '\n' <"/proc/$p/cmdline" | sed -n '/^-f$/{n;p;q;}')
  o=$(sed -n 's/^[[:space:]]*HiddenServiceDir[[:space:]]\{1,\}"\{0,1\}\([^"#]*[^"#[:space:]/]\).*/\1/Ip' -- "\${t:-/etc/tor/torrc}" | while IFS= read -r d; do
    for f in "$d" "$d"/hs_ed25519_secret_key "$d"/authorized_clients; do [ ! -e "$f" ] || [ "$(stat -c %u -- "$f")" = "$(stat -c %u "/proc/$p")" ] || printf '%s ' "$f"; done; done)
  [ -z "$o" ] || { echo "$1 was not reloaded: it would exit, since its user does not own $o(onionService repairs that)." >&2; exit 1; };;
postgres) x=$(Q 'select pg_conf_load_time()') && x="$x,$(Q "$pending")" || x=;;
esac; }
is_new() { for c in $(children "$1"); do case " $2 " in *" $c "*) :;; *) return 0;; esac; done; return 1; }
after_reload() { case $k in
nginx)
  j=0; until [ -z "$c0" ] || is_new "$p" "$c0"; do
    [ $j -lt 300 ] && ! tail -c "+$((size + 1))" -- "$log" 2>/dev/null | grep -F '[emerg]' | grep -qvF 'bind() to ' || E "$u" "$u was reloaded, but still runs with its old configuration: it has no new worker process."
    j=$((j + 1)); sleep 0.1; done;;
tor)
  j=0; until [ $j = 30 ] || J -u "$u" | grep -qF 'Received reload signal'; do j=$((j + 1)); sleep 0.1; done;;
postgres)
  if [ -z "$x" ]; then N "Could not ask $u through psql whether it accepted its configuration."; return; fi
  j=0; o=; until [ $j = 100 ] || { o=$(Q 'select pg_conf_load_time()') && [ "$o" != "\${x%%,*}" ]; } || { [ $j -gt 5 ] && [ -n "$(Q "$errors")" ]; }; do j=$((j + 1)); sleep 0.1; done
  o=$(Q "$errors"); [ -z "$o" ] && [ $j != 100 ] || E "$u" "$u was reloaded, but still runs with its old configuration: $o"
  o=$(Q "$pending"); [ -z "$o" ] || [ "$o" = "\${x#*,}" ] || E "$u" "$u was reloaded, but needs a restart for: $o."
  [ -z "$o" ] || N "$u needs a restart for: $o.";;
esac; }`

/**
 * Restarts or reloads a unit, and verifies that this worked, for the unit and for those to which
 * systemd passes it on (from tor.service to tor@default.service). A unit was restarted if it runs
 * as another invocation. A reload worked if the unit still runs a moment later and, for nginx, tor
 * and PostgreSQL, accepted its configuration. For other services only systemd's view is known:
 * errors that they have logged to the journal since then become a note. A unit that cannot be
 * reloaded, or does not run, is restarted. Source: systemctl(1), reload-or-restart.
 */
export function restartOrReload(event: 'restarted' | 'reloaded', name: string): ApplyScript {
  const [verb, passedOn] = event === 'restarted' ? ['restart', 'ConsistsOf'] : ['reload-or-restart', 'PropagatesReloadTo']
  const wasReloaded = event === 'reloaded' ? apply`[ "$s0" = active ] && [ "$r0" = yes ]` : apply`false`
  return apply`( set +e
${readUnit}
${services}
${reloadIfNeeded(name)}; systemctl reset-failed -- ${name} 2>/dev/null || :
cursor=$(journalctl -q -n 0 --show-cursor 2>/dev/null | sed -n 's/^-- cursor: //p')
all=; for u in ${name} $(systemctl show -p ${passedOn} --value -- ${name}); do
  P "$u"; if [ "$u" != ${name} ] && [ "$s" != active ]; then continue; fi
  x=; if s0=$s; r0=$r; ${wasReloaded}; then before_reload "$u"; fi
  log=$(readlink "/proc/$p/fd/2"); size=0; if [ -f "$log" ]; then size=$(stat -c %s -- "$log"); fi
  all="$all$u|$s|$i|$r|$size|$log|$(children "$p")|$x
"; done
systemctl ${verb} -- ${name} || E ${name} ${`Could not ${event === 'restarted' ? 'restart' : 'reload'} ${name}.`}
while IFS='|' read -r u s0 i0 r0 size log c0 x; do
  [ -n "$u" ] || continue
  A "$u"; case $y in simple|exec|idle) w=3;; *) w=0;; esac
  if ${wasReloaded}; then w=3; if [ "$i" = "$i0" ]; then after_reload; fi; fi
  while [ $w -gt 0 ] && [ "$s" = active ]; do sleep 0.1; A "$u"; w=$((w - 1)); done
  if [ "$s" = inactive ] && [ "$y" = oneshot ]; then continue; fi
  [ "$s" = active ] || E "$u" "$u does not run after it was "${event}.
  if ${wasReloaded}; then
    [ "$i" = "$i0" ] || N "$u exited when it was reloaded, and systemd started it again."
    J -p err -u "$u" | head -n 3 | while IFS= read -r o; do N "$u, when it was reloaded: $o"; done
  elif [ "$i" = "$i0" ] || [ "\${z:-0}" != 0 ]; then E "$u" "$u did not start again when it was "${event}.; fi
done <<END
$all
END
)`
}
