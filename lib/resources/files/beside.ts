import { createHash } from 'node:crypto'
import { temporaryFunctions } from '../../shell/temporary.ts'
import { apply, type ApplyScript } from '../../shell/script.ts'

/** A tag for a path, used in names on a host. */
export function tagOf(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 12)
}

/** A path on one line, for a note that is shown. */
export function inOneLine(path: string): string {
  return /[\u0000-\u001f\u007f]/.test(path) ? JSON.stringify(path) : path
}

/**
 * Shell: `N` sets `$n` to a new name in the current directory, under which something is created
 * before it is renamed to `path`. It is removed when the script ends, however it ends. What a
 * killed run left is removed at the next call for that path, and at the start of the next run,
 * which finds the note about it. Users other than root write no notes.
 */
export function beside(path: string): ApplyScript {
  const tag = tagOf(path)
  return apply`${temporaryFunctions}
N() {
  for n in .stead.${tag}.????????; do if [ -L "$n" ] || [ -O "$n" ]; then rm -rf --one-file-system -- "$n"; fi; done
  n=$(mktemp -u .stead.${tag}.XXXXXXXX); w=$(pwd -P)/$n
  case $w in *\'*) w=$(printf %s. "$w" | sed "s/'/'\\\\''/g"); w=\${w%.};; esac
  trap 'rm -rf -- "$n"; undone beside-${tag} 2>/dev/null || :' EXIT; trap 'exit 143' HUP INT TERM
  a=$b; temporary beside-${tag} ${`unfinished temporary file for ${inOneLine(path)}`} "rm -rf -- '$w'" 2>/dev/null || :
  b=$a
}`
}
