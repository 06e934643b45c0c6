import { createHash } from 'node:crypto'
import { temporaryFunctions } from '../../shell/temporary.ts'
import { apply, type ApplyScript } from '../../shell/script.ts'

/** What tells things of one path from those of others, in names on a host. */
export function tagOf(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 12)
}

/** A path in one line, for a note that is shown. */
export function inOneLine(path: string): string {
  return /[\u0000-\u001f\u007f]/.test(path) ? JSON.stringify(path) : path
}

/**
 * Shell: `N` names something new, `$n`, in the directory that the script is in, where what is for `path` is made before it is renamed. It is gone when
 * the script ends, whichever way. What a run left that was killed goes at the next call for that path, and at the beginning of the next run, which
 * finds the note of it; another user than root makes no notes.
 */
export function beside(path: string): ApplyScript {
  const tag = tagOf(path)
  return apply`${temporaryFunctions}
N() {
  for n in .stead.${tag}.????????; do if [ -L "$n" ] || [ -O "$n" ]; then rm -rf --one-file-system -- "$n"; fi; done
  n=$(mktemp -u .stead.${tag}.XXXXXXXX); w=$(pwd -P)/$n
  case $w in *\'*) w=$(printf %s. "$w" | sed "s/'/'\\\\''/g"); w=\${w%.};; esac
  trap 'rm -rf -- "$n"; undone beside-${tag} 2>/dev/null || :' EXIT; trap 'exit 143' HUP INT TERM
  a=$b; temporary beside-${tag} ${`what was made for ${inOneLine(path)}, and not finished`} "rm -rf -- '$w'" 2>/dev/null || :
  b=$a
}`
}
