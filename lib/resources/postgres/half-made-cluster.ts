import { apply } from '../../shell/script.ts'

/**
 * Shell, after the functions of apt: `unmake_clusters` removes PostgreSQL clusters whose creation
 * by the package was interrupted. Debian's pg_createcluster would take such a directory for an
 * existing cluster, and no later run could repair it. A cluster is half made if its package is not
 * configured yet, it has no configuration in /etc, and fewer than the three databases that
 * initdb(1) creates. So it never contained anybody's data.
 */
export const unmakeClusters = apply`unmake_clusters() {
  for d in /var/lib/postgresql/*/*; do
    [ -d "$d/base" ] || [ -e "$d/PG_VERSION" ] || continue
    v=\${d%/*}; v=\${v##*/}
    case $(of db:Status-Status "postgresql-$v") in half-configured|unpacked) ;; *) continue;; esac
    [ ! -s "/etc/postgresql/$v/\${d##*/}/postgresql.conf" ] || continue
    set -- "$d"/base/[0-9]*; [ $# -lt 3 ] || continue
    find "$d" -xdev -mindepth 1 -delete && { rmdir -- "$d" 2>/dev/null || :; }
    echo "stead-note: the PostgreSQL cluster in $d was only half made when its package was interrupted, and is created again" >&2
  done
}`
