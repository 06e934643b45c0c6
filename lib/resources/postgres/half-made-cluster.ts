import { apply } from '../../shell/script.ts'

/**
 * Shell, behind the functions of apt: `unmake_clusters` removes clusters of PostgreSQL that its package was making when it was cut off. Debian's
 * pg_createcluster would take such a directory for a cluster that exists, and no later run could heal it. One is half made where its package is
 * still to be configured, it has no settings in /etc yet, and fewer than the three databases that initdb(1) makes: it never held anything of
 * anybody.
 */
export const unmakeClusters = apply`unmake_clusters() {
  for d in /var/lib/postgresql/*/*; do
    [ -d "$d/base" ] || [ -e "$d/PG_VERSION" ] || continue
    v=\${d%/*}; v=\${v##*/}
    case $(of db:Status-Status "postgresql-$v") in half-configured|unpacked) ;; *) continue;; esac
    [ ! -s "/etc/postgresql/$v/\${d##*/}/postgresql.conf" ] || continue
    set -- "$d"/base/[0-9]*; [ $# -lt 3 ] || continue
    find "$d" -xdev -mindepth 1 -delete && { rmdir -- "$d" 2>/dev/null || :; }
    echo "stead-note: the cluster of PostgreSQL in $d, which was only half made when its package was interrupted, is made anew" >&2
  done
}`
