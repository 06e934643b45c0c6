import { temporaryFunctions } from '../../shell/temporary.ts'
import { clearAccountFiles, WHAT_STAYS } from '../users/account-files.ts'
import { unmakeClusters } from '../postgres/half-made-cluster.ts'
import { apply, read, type ApplyScript } from '../../shell/script.ts'

/** How apt-get is called. The same for all packages of a task. */
export interface AptOptions {
  /** Also install recommended packages. */
  recommends?: boolean
  /** false: packages do not start their services; a task does (policy-rc.d of invoke-rc.d(8)). */
  startServices?: boolean
  /** How long to wait for another process that holds a lock of dpkg or apt (seconds). */
  lockTimeoutSeconds?: number
  /** How long package lists count as fresh (seconds). */
  cacheValidSeconds?: number
  /** The release to prefer, as in `apt-get -t`. */
  release?: string
  allowDowngrade?: boolean
  allowChangeHeld?: boolean
  /** Fail if another package would have to be removed. @default true */
  failOnRemove?: boolean
  /** When removing: configuration files too. */
  purge?: boolean
  /** Also remove packages that were installed as dependencies and are no longer needed. */
  autoremove?: boolean
  /** Let dpkg unpack without waiting for the disk, and write all of it at the end. */
  unsafeIo?: boolean
}

/** How long package lists count as fresh unless a task says otherwise (seconds): a day. */
export const CACHE_VALID_SECONDS = 86_400

/**
 * A dead mirror is reported within a minute or two, not seven; through Tor, an answer may take a
 * while. Source: apt.conf(5), Acquire.
 */
const DOWNLOAD_LIMITS = ['-o', 'Acquire::Retries=1', '-o', 'Acquire::http::Timeout=30', '-o', 'Acquire::https::Timeout=30']

/** Options that keep apt from writing caches when it only reads (apt.conf(5), Dir::Cache). */
export const NO_CACHE_FILES = ['-o', 'Dir::Cache::pkgcache=', '-o', 'Dir::Cache::srcpkgcache=']

/**
 * Shell: `lists` sets `has` (there are package lists), `age` (seconds since they were fetched) and
 * `newer` (sources changed since). The age is that of the directory, which a successful update
 * touches: the times of the lists in it are the server's.
 */
export const listsFunction = read`
lists() {
  l=/var/lib/apt/lists; k=/var/lib/apt/periodic/update-success-stamp; if [ "$k" -nt "$l" ]; then l=$k; fi
  has=$(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' -print -quit 2>/dev/null); has=\${has:+1}
  age=$(($(date +%s) - $(stat -c %Y "$l" 2>/dev/null || echo 0)))
  newer=$(find /etc/apt/sources.list /etc/apt/sources.list.d -newer "$l" -print -quit 2>/dev/null); newer=\${newer:+1}
}`

/**
 * Shell: `of` prints a field of a package from dpkg, for one architecture: the one in the name, or
 * else the host's own, `$n`. (To dpkg-query a bare name means all architectures.) A package for all
 * architectures has no other.
 */
export const dpkgFunction = read`
{ read -r n </var/lib/dpkg/arch || n=$(dpkg --print-architecture); } 2>/dev/null
of() { # field, package
  case $2 in *:"$n"|*:all) a="\($n\|all\)";; *:*) a=\${2##*:};; *) a="\($n\|all\)";; esac
  dpkg-query -W -f '\${Architecture} \${'"$1"'}\n' -- "\${2%%:*}" 2>/dev/null | sed -n "s/^$a //p"
}`

/**
 * Shell functions around apt-get. `locked` runs a command and waits if another process holds a lock
 * of dpkg or apt. (apt-get itself waits for only one of them: DPkg::Lock::Timeout of apt.conf(5).)
 * No lock file is ever removed. Nothing can prompt: no terminal, no debconf questions. `at_end`
 * runs something when the script ends, however it ends. `meanwhile NAME WHAT UNDO` does too, and if
 * the script cannot, the next run does it; call it before doing what is to be undone. If held
 * packages may change, they are held again at the end.
 */
export function aptFunctions({ lockTimeoutSeconds = 60, cacheValidSeconds = CACHE_VALID_SECONDS, allowChangeHeld = false, unsafeIo = false }: AptOptions): ApplyScript {
  return apply`export DEBIAN_FRONTEND=noninteractive DEBIAN_PRIORITY=critical APT_LISTCHANGES_FRONTEND=none NEEDRESTART_SUSPEND=1 UCF_FORCE_CONFFOLD=1
${listsFunction}
${dpkgFunction}
${temporaryFunctions}
ends=:
at_end() { ends="$1; $ends"; trap 'c=$?; eval "$ends"; exit $c' EXIT; trap 'exit 143' HUP INT TERM; }
undo() { (eval "$2") && undone "$1"; }
meanwhile() {
  temporary "$@" || { echo "$2 could not be recorded below /var/lib/stead, and would stay if this run were interrupted. Nothing was changed." >&2; exit 73; }
  eval "undo_$1=\$3"; at_end "undo $1 \"\$undo_$1\""
}
locked() {
  b=$(date +%s); h=
  while :; do
    c=0; o=$("$@" 2>&1 </dev/null) || c=$?
    case $c.$o in 0.*) break;; *'Could not get lock'*|*'lock was locked by another process'*) ;; *) break;; esac
    w=$(($(date +%s) - b)); [ $w -lt ${lockTimeoutSeconds} ] || break
    if [ -z "$h" ]; then h=$(printf '%s\n' "$o" | grep -m 1 -e 'Could not get lock' -e 'locked by another process'); echo "stead-note: waits for another process, for up to ${lockTimeoutSeconds} s: $h"; fi
    sleep 1
  done
  [ -z "$h" ] || echo "stead-note: waited $(($(date +%s) - b)) s for another process: $h"
  return $c
}
must() { locked "$@" || { printf '%s\n' "$o" | tail -n 40; exit $c; }; }
update() {
  if locked apt-get update -q ${DOWNLOAD_LIMITS} -o APT::Update::Error-Mode=any; then touch -c /var/lib/apt/lists; return; fi
  touch -c -d @0 /var/lib/apt/lists; echo 'Failed to update apt cache:'; printf '%s\n' "$o" | grep -E '^(E|W|Err)' || printf '%s\n' "$o"; exit 100
}
fresh() { lists; if [ -z "$has" ] || [ -n "$newer" ] || [ "$age" -ge ${cacheValidSeconds} ]; then update; fi; }
${unmakeClusters}
# Like apt-get: what dpkg was about to record stays there when it is interrupted, and its audit does not show it.
interrupted() { [ -n "$(dpkg --audit)" ] || { set -- /var/lib/dpkg/updates/[0-9]*; [ -e "$1" ]; }; }
configure() { if interrupted; then unmake_clusters; must dpkg --configure -a --force-confdef --force-confold; fi; }
# A half-done package need not be finished if it is going to be removed; apt-get reports what it objects to.
mend() { if interrupted; then unmake_clusters; locked dpkg --configure -a --force-confdef --force-confold || :; fi; }
installed() { [ "$(of db:Status-Status "$1")" = installed ]; }
# With a pattern, packages that are not installed are listed too.
selected() { dpkg --get-selections '*' | sed -n "s/[[:blank:]][[:blank:]]*$1\$//p"; }
undo_accounts=${clearAccountFiles.text}
if temporary accounts ${WHAT_STAYS} "$undo_accounts" 2>/dev/null; then at_end 'undo accounts "$undo_accounts"'; fi
${allowChangeHeld ? keepHolds : apply`:`}
${unsafeIo ? apply`at_end sync` : apply`:`}`
}

/**
 * Shell: apt-get drops the hold of a package that it changes. The package is held again afterwards,
 * unless it was removed.
 */
const keepHolds = apply`held=$(selected hold); [ -z "$held" ] || meanwhile holds 'held packages that may change for a moment' \
  "dpkg --get-selections '*' | sed -n 's/[[:blank:]][[:blank:]]*install\$//p' | grep -xF -e '$held' | sed 's/\$/ hold/' | dpkg --set-selections"`

const POLICY_MARK = '# made by stead for the time of one call of apt-get'

const POLICY = '/usr/sbin/policy-rc.d'

/** Where the operator's own policy is moved in the meantime, since it may let services start. */
const ASIDE = `${POLICY}.aside-by-stead`

const policyBack = apply`if grep -qsx ${POLICY_MARK} ${POLICY}; then rm -f ${POLICY}; fi; if [ -e ${ASIDE} ]; then mv -n ${ASIDE} ${POLICY}; fi`

/**
 * Shell, after {@link aptFunctions}: if wanted, keeps maintainer scripts from starting services
 * until the script ends.
 */
export function quietServices({ startServices = true }: AptOptions): ApplyScript {
  // A policy that was left without a note would keep services from starting forever.
  if (startServices) return policyBack
  return apply`${policyBack}
meanwhile policy 'policy-rc.d, which keeps packages from starting services' ${policyBack.text}
if [ -e ${POLICY} ]; then mv ${POLICY} ${ASIDE}; fi
printf '#!/bin/sh\n%s\nexit 101\n' ${POLICY_MARK} >${POLICY}; chmod 755 ${POLICY}`
}

/**
 * Shell, after a call of apt-get: if wanted, removes packages that are no longer needed. A separate
 * call, since `--no-remove` would forbid it.
 */
export function autoremove(options: AptOptions): ApplyScript {
  if (!options.autoremove) return apply`:`
  return apply`must apt-get autoremove ${options.purge ? ['--purge'] : []} ${aptArguments({ ...options, failOnRemove: false })}`
}

/**
 * The command-line options of apt-get. Changed configuration files are kept; unchanged ones get the
 * new defaults.
 */
export function aptArguments({ recommends, release, allowDowngrade, allowChangeHeld, failOnRemove, unsafeIo }: AptOptions): string[] {
  return [
    '-y', '-q', '-o', 'Dpkg::Options::=--force-confdef', '-o', 'Dpkg::Options::=--force-confold', '-o', 'APT::Get::AutomaticRemove=false',
    ...DOWNLOAD_LIMITS,
    ...(unsafeIo ? ['-o', 'Dpkg::Options::=--force-unsafe-io'] : []),
    ...(recommends ? ['--install-recommends'] : ['--no-install-recommends']),
    ...(release === undefined ? [] : ['-t', release]),
    ...(allowDowngrade ? ['--allow-downgrades'] : []),
    ...(allowChangeHeld ? ['--allow-change-held-packages'] : []),
    ...(failOnRemove ?? true ? ['--no-remove'] : []),
  ]
}
