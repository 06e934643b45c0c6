import { z } from 'zod'
import { changeMode } from './file-mode.ts'
import { apply, applyLines, read, readLines } from '../../shell/script.ts'
import { stdoutOf } from '../../state/read-answer.ts'
import type { Resource } from '../../state/resource.ts'

/** What everything below a directory should have. */
export interface TreeKey {
  path: string
  owner?: string
  group?: string
  /** Octal or symbolic, applied to the mode of each entry; links have none. */
  mode?: string
}

export interface TreeState {
  readonly [field: string]: readonly string[]
  /** Kinds of entries that differ, such as `file 0644 root:root`, and what they should be. */
  entries: readonly string[]
}

const schema = z.strictObject({ entries: z.array(z.string()) })
const types: Readonly<Record<string, string>> = { f: 'file', d: 'directory', l: 'link' }

/**
 * Shell, run by find(1) in the directory of what it found, which nobody can redirect: chmod(1),
 * which follows links. If anybody other than root could replace a file with a link in the meantime,
 * the file is opened and checked first.
 */
const CHMOD = `m=$1; shift
case $(stat -c %u%A .) in 0d????-??-*) exec chmod -- "$m" "$@";; esac
for f; do
  if [ -f "$f" ] || [ -d "$f" ]; then { if [ "$(stat -c %d:%i -- "$f")" = "$(stat -L -c %d:%i /proc/self/fd/8)" ]; then chmod -- "$m" /proc/self/fd/8; fi; } 8<"$f"
  elif [ ! -L "$f" ]; then chmod -- "$m" "$f"; fi
done`

/**
 * Owner, group and mode of everything below a directory. Links are not followed; only their owner
 * and group are set. Source: find(1).
 */
export const treeResource: Resource<TreeKey, TreeState, z.infer<typeof schema>> = {
  kind: 'tree',
  schema,
  identify: ({ path }) => path,
  question: ({ owner, group, mode }) => JSON.stringify([owner, group, mode]),
  read: keys => ({
    script: readLines(keys.map(({ path }) => read`if [ -d ${path} ]; then find -H ${path} -mindepth 1 -printf '%y/%m/%u/%g\n' | sort | uniq -c; fi; echo .`)),
    parse(output) {
      const stdout = stdoutOf(output, 'Could not read the directories.')
      const answers = stdout.toString().split(/^\.\n/m)
      return keys.map((key, index) => ({ entries: (answers[index] ?? '').split('\n').filter(Boolean).flatMap(line => deviation(line.trim(), key) ?? []) }))
    },
  }),
  apply({ path, owner, group, mode }, current) {
    const pieces = (current?.entries ?? []).map(entry => {
      const [, type = '', from = '', fromOwner = '', fromGroup = '', to = ''] = /^\d+ (\S+) (\d+) (.*?):(.*?) → (\d+)/.exec(entry) ?? []
      const letter = Object.keys(types).find(key => types[key] === type)
      const kind = letter ? ['-type', letter] : ['!', '-type', 'f', '!', '-type', 'd', '!', '-type', 'l']
      const which = read`find -H ${path} -mindepth 1 ${[...kind, '-perm', from, '-user', fromOwner, '-group', fromGroup]}`
      const who = `${owner ?? ''}${group === undefined ? '' : `:${group}`}`
      // chown(2) clears setuid and setgid of a file.
      const chmod = type !== 'link' && (mode !== undefined || (type === 'file' && /^[2-7]/.test(to))) ? ['-execdir', 'sh', '-c', CHMOD, 'sh', `0${to}`, '{}', '+'] : []
      return apply`${which} ${who === '' ? [] : ['-execdir', 'chown', '-h', '--', who, '{}', '+']} ${chmod}`
    })
    return { script: applyLines([apply`set -e`, ...pieces]) }
  },
  forecast: {
    sideEffects: ({ path }) => (['file', 'secret'] as const).map(kind => ({ kind, identity: path, state: {}, below: true, change: now => now })),
    mayComeWithPackage: () => false,
    mayChangeWith: ({ path }, { kind, name }) => ['file', 'archive', 'secret', 'venv'].includes(kind) && name.startsWith(`${path}/`),
  },
}

/** One line of `uniq -c`, if it differs from what is desired. */
function deviation(line: string, { owner, group, mode }: TreeKey): string[] | undefined {
  const [, count = '', letter = '', bits = '', fromOwner = '', fromGroup = ''] = /^(\d+) (.)\/(\d+)\/([^/]*)\/(.*)$/.exec(line) ?? []
  const type = types[letter] ?? 'other'
  const from = bits.padStart(4, '0')
  const to = mode === undefined || type === 'link' ? from : changeMode(mode, from, type === 'directory')
  if (to === from && (owner ?? fromOwner) === fromOwner && (group ?? fromGroup) === fromGroup) return undefined
  return [`${count} ${type} ${from} ${fromOwner}:${fromGroup} → ${to} ${owner ?? fromOwner}:${group ?? fromGroup}`]
}
