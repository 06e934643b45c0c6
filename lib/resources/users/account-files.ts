import { temporaryFunctions } from '../../shell/temporary.ts'
import { apply, type ApplyScript } from '../../shell/script.ts'

/**
 * Shell: removes what a killed useradd(8), usermod(8), groupadd(8) or passwd(1) leaves in /etc: the
 * file with which it makes its lock (`passwd.PID`), the lock itself, and a new version that it had
 * not renamed yet (`passwd+`). A lock that is empty, as after a power cut, or whose process id
 * belongs to a newer process, would make every later change of an account fail. A lock whose holder
 * still runs stays, as does a file that only looks like one of these (a backup `passwd.20260101`).
 *
 * Source: lib/commonio.c of shadow 4.13; proc_pid_stat(5).
 */
export const clearAccountFiles = apply`start() { { read -r t <"/proc/$1/stat"; } 2>/dev/null && set -- \${t##*) } && echo "\${20}"; }
holds() { # file, process id: whether the process is as old as the file
  b=$(start "$2") && [ $((($(start self) - b) / 100 + 2)) -ge $(($(date +%s) - $(stat -c %Y -- "$1"))) ]
}
for f in passwd shadow group gshadow subuid subgid; do
  k=
  for l in /etc/$f.lock /etc/$f.[0-9]*; do
    if [ -L "$l" ] || ! [ -f "$l" ] || [ "$(stat -c %s -- "$l")" -gt 12 ]; then continue; fi
    p=$(tr -d '\000' <"$l")
    case $l in *.lock) ;; *) [ -z "$p" ] || [ "$p" = "\${l##*.}" ] || continue; p=\${l##*.};; esac
    case $p in *[!0-9]*|????????*) continue;; esac
    if [ -n "$p" ] && holds "$l" "$p"; then k=held; else rm -f -- "$l"; fi
  done
  if [ -z "$k" ] && [ -f /etc/$f+ ]; then rm -f -- /etc/$f+; fi
done`

/** What the next run says if it finds the note of a killed script. */
export const WHAT_STAYS = 'unfinished change to accounts'

/**
 * Shell: runs a script that changes accounts, and cleans up if one of its programs was killed. If
 * the script itself is killed, the next run cleans up.
 */
export function changingAccounts(script: ApplyScript): ApplyScript {
  return apply`${temporaryFunctions}
undo_accounts=${clearAccountFiles.text}
temporary accounts ${WHAT_STAYS} "$undo_accounts" 2>/dev/null || :
(${script}
)
c=$?; [ $c = 0 ] || (eval "$undo_accounts"); undone accounts; exit $c`
}
