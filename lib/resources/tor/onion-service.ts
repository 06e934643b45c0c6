import { apply } from '../../shell/script.ts'
import { enter, explained, NEW } from '../files/file-write.ts'
import { TOR_USER } from './onion-directory.ts'

/** An onion service: its HiddenServiceDir, and the unit of the tor that runs it. */
export interface OnionServiceKey {
  directory: string
  unit: string
}

/**
 * Creates a new file `$n` of tor's user in the current directory, which is written by its
 * descriptor: nobody can substitute another file, and only tor can read it. What an interrupted run
 * left is removed first.
 */
export const openNew = apply`rm -f -- .stead.????????; n=$(mktemp -u .stead.XXXXXXXX); set -C; command exec 8>"$n" || X "$t"; set +C; chown -- ${`${TOR_USER}:`} ${NEW}`
/** The start of a script that writes into tor's directories. */
export const begin = [apply`set -e; i=; n=; umask 077; trap 'rm -f -- "$n"' EXIT; trap 'exit 143' HUP INT TERM`, explained, enter]
