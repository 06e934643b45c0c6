import { z } from 'zod'
import { apply, applyLines, read, readLines, type ApplyScript } from '../../shell/script.ts'
import type { Difference } from '../../state/compare.ts'
import { linePerKey } from '../../state/read-answer.ts'
import type { Resource } from '../../state/resource.ts'
import { enter, explained, NEW, same } from '../files/file-write.ts'

export interface OnionDirectoryKey {
  directory: string
  /** HiddenServiceDirGroupReadable of tor(1). */
  groupReads?: boolean
}

export interface OnionDirectoryState {
  readonly [field: string]: string | readonly string[] | { readonly [name: string]: string } | undefined
  /**
   * It is an onion service if it contains a key. Without one it is `unused` if it is empty, or
   * contains only what is created before the key.
   */
  is: 'an onion service' | 'unused' | 'something else'
  /** Owner and mode of the directory (`.`) and of tor's files in it: `debian-tor 0700`. */
  entries: { readonly [name: string]: string }
  /** Names in it that do not belong to tor. */
  others: readonly string[]
}

/** The user that Debian's tor runs as. */
export const TOR_USER = 'debian-tor'

/**
 * tor's files, in the order in which they are removed. The key comes last, so that an interrupted
 * removal is still recognised by it.
 */
const own = { authorized_clients: 'd', hostname: 'f', ob_config: 'f', hs_ed25519_public_key: 'f', hs_ed25519_secret_key: 'f' } as const
const schema = z.strictObject({ private: z.literal(true) })

/**
 * Changes to the directory, whoever can write above it; `$b` is then the entry of that name, as in
 * {@link enter}.
 */
export const intoDirectory = (directory: string, name: string): ApplyScript => apply`T ${`${directory}/${name}`} link`

/**
 * Creates a HiddenServiceDir, or a directory in one, atomically and as tor requires it. An existing
 * one is left unchanged.
 */
export function makeDirectory(path: string): ApplyScript {
  return apply`T ${path} link; if [ ! -e "$b" ] && [ ! -L "$b" ]; then rmdir -- .stead.???????? 2>/dev/null || :; n=$(mktemp -d ./.stead.XXXXXXXX) || X "$t"; chown -h -- ${`${TOR_USER}:`} "$n" && mv -nT -- "$n" "$b" || { rmdir -- "$n"; exit 1; }; fi`
}

/**
 * The directory of an onion service with tor's files in it. If any of them has another owner, or
 * others can read it, tor does not start, and a reload ends it. Files that do not belong to tor are
 * left alone, and so is a directory without a key. Source: tor(1), HiddenServiceDir.
 */
export const onionDirectoryResource: Resource<OnionDirectoryKey, OnionDirectoryState, z.infer<typeof schema>> = {
  kind: 'onion-directory',
  schema,
  identify: ({ directory }) => directory,
  read(keys) {
    const known = ['-path', '.', ...Object.entries(own).flatMap(([name, type]) => ['-o', '-path', `./${name}`, '-type', type]), '-o', '-path', './authorized_clients/*.auth', '-type', 'f']
    return {
      script: readLines(keys.map(({ directory: d }) => read`if [ -d ${d} ] && [ ! -L ${d} ]; then (cd -- ${d} && find . -maxdepth 2 '(' ${known} ')' -printf '%m/%u/%P\0' -o -path './*/*' -o -printf '?/%f\0') | base64 -w0; echo
elif [ -e ${d} ] || [ -L ${d} ]; then echo -; else echo; fi`)),
      parse: linePerKey(keys, 'Could not read the directories of the onion services.', line => (line ? stateOf(Buffer.from(line, 'base64').toString()) : null)),
    }
  },
  compare(key, current, desired): Difference[] {
    if (!current) return []
    if (desired === null) return current.is === 'an onion service' ? [{ field: undefined, current: 'present', desired: 'absent' }, { field: 'holds', current: Object.keys(current.entries).slice(1), desired: [] }] : []
    const wrong = wrongEntries(key, current)
    return wrong.length ? [{ field: 'entries', current: Object.fromEntries(wrong.map(({ name, is }) => [name, is])), desired: Object.fromEntries(wrong.map(({ name, wanted }) => [name, wanted])) }] : []
  },
  apply(key, current, desired) {
    const begin = [apply`set -e; i=`, explained, enter]
    if (current?.is !== 'an onion service' && (desired === null || current?.entries['.']?.startsWith(`${TOR_USER} `) !== true)) return { script: apply`echo ${`${key.directory} does not contain the key of an onion service, so it was left unchanged.`} >&2; exit 1` }
    if (desired === null) {
      const [clients = '', ...files] = Object.keys(own)
      return { script: applyLines([...begin, intoDirectory(key.directory, clients), apply`rm -rf --one-file-system -- "$b" || X "$t"; rm -f -- ${files} || X "$t"`, apply`T ${key.directory} link; rmdir -- "$b" || X "$t"; sync -- ./`]) }
    }
    const repairs = wrongEntries(key, current).map(({ name, is, wanted }) => {
      const [owner, mode = ''] = [is.split(' ')[0], wanted.split(' ')[1]]
      return applyLines([intoDirectory(key.directory, name === '.' ? '' : name), apply`{ ${same(NEW)}; ${owner === TOR_USER ? apply`:` : apply`chown -- ${`${TOR_USER}:`} ${NEW} || X "$t"`}; chmod -- ${`0${mode}`} ${NEW} || X "$t"; } 8<"$b"`])
    })
    return { script: applyLines([...begin, ...repairs]) }
  },
  forecast: {
    mayChangeWith: ({ directory }, { kind, name }) => ['file', 'archive', 'tree', 'secret'].includes(kind) && `${name}/`.startsWith(`${directory}/`),
  },
}

function stateOf(listing: string): OnionDirectoryState {
  const lines = listing.split('\0').slice(0, -1).map(line => /^([^/]*)\/(?:([^/]*)\/)?(.*)$/s.exec(line) ?? [])
  const others = lines.flatMap(([, mode, , name = '']) => (mode === '?' && !name.startsWith('.stead.') ? [name] : [])).sort()
  const known = lines.flatMap(([, mode = '', owner = '', name = '']) => (mode === '?' ? [] : [[name || '.', `${owner} ${mode.padStart(4, '0')}`] as const]))
  const entries = Object.fromEntries(known.sort(([a], [b]) => (a < b ? -1 : 1)))
  const is = Object.keys(entries).some(name => name.startsWith('hs_ed25519_')) ? 'an onion service' : others.length === 0 && '.' in entries ? 'unused' : 'something else'
  return { is, entries, others }
}

/**
 * Entries that tor would not accept, and what it requires. Permissions are only removed from
 * others, and added for tor itself.
 */
function wrongEntries({ groupReads }: OnionDirectoryKey, { entries }: OnionDirectoryState): { name: string; is: string; wanted: string }[] {
  return Object.entries(entries).flatMap(([name, is]) => {
    const mode = parseInt(is.split(' ')[1] ?? '0', 8)
    const group = groupReads ? { '.': 0o050, hostname: 0o040, hs_ed25519_public_key: 0o040 }[name] ?? 0 : 0
    const isDirectory = name === '.' || name === 'authorized_clients'
    const wanted = `${TOR_USER} ${((mode & ((isDirectory ? 0o7700 : 0o600) | group)) | (isDirectory ? 0o700 : 0o600)).toString(8).padStart(4, '0')}`
    return wanted === is ? [] : [{ name, is, wanted }]
  })
}
