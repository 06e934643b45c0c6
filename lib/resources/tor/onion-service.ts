import { apply } from '../../shell/script.ts'
import { enter, explained, NEW } from '../files/file-write.ts'
import { TOR_USER } from './onion-directory.ts'

/** An onion service, by its HiddenServiceDir, and the unit of the tor that runs it. */
export interface OnionServiceKey {
  directory: string
  unit: string
}

/**
 * A new file of tor's own in the directory at hand, `$n`, written by its descriptor: nobody can put another one under it, and tor alone
 * reads it. What a run left that was cut off goes before. */
export const openNew = apply`rm -f -- .stead.????????; n=$(mktemp -u .stead.XXXXXXXX); set -C; command exec 8>"$n" || X "$t"; set +C; chown -- ${`${TOR_USER}:`} ${NEW}`
/** The beginning of a script that writes into tor's directories. */
export const begin = [apply`set -e; i=; n=; umask 077; trap 'rm -f -- "$n"' EXIT; trap 'exit 143' HUP INT TERM`, explained, enter]
