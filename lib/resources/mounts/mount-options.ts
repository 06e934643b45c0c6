/**
 * Options that every file system has, each with its opposite. The kernel does not show the
 * opposites.
 */
const flags: Readonly<Record<string, string>> = { ro: 'rw', nosuid: 'suid', nodev: 'dev', noexec: 'exec', nodiratime: 'diratime', sync: 'async', dirsync: '', nosymfollow: 'symfollow', noatime: 'atime' }

/** Options whose value is octal. */
const octal = new Set(['mode', 'umask', 'fmask', 'dmask'])

/**
 * A number as accepted by mount(8), `64m` or `0700`; undefined for anything else, such as `50%` and
 * names.
 */
function valueOf(name: string, text: string): number | undefined {
  if (octal.has(name)) return /^[0-7]+$/.test(text) ? parseInt(text, 8) : undefined
  const [, digits, unit = ''] = /^(\d+)([kmgt]?)$/i.exec(text) ?? []
  return digits === undefined ? undefined : Number(digits) * 1024 ** ' kmgt'.indexOf(unit.toLowerCase() || ' ')
}

/**
 * The wanted options that a mount does not have. Two kinds are compared: flags of every file system
 * (`ro`, `noexec`, `noatime`, …; of two opposites the last counts, and `rw` is the default), and
 * numbers that the kernel shows (`size=64m`, `mode=0700`). Options that it does not show, or shows
 * in another form, are ignored: `nofail`, `x-systemd.…`, `uid=www-data`, `size=50%`.
 *
 * @example unmetOptions(['nofail', 'noexec', 'size=64m'], ['rw', 'relatime', 'size=32768k']) // ['noexec', 'size=64m']
 */
export function unmetOptions(wanted: readonly string[], shown: readonly string[]): string[] {
  const has = new Set(shown)
  const lastOf = (...names: string[]) => wanted.findLast(option => names.includes(option))
  const unmetFlags = Object.entries(flags).flatMap(([flag, undoing]) => {
    const said = lastOf(flag, undoing) ?? (flag === 'ro' ? 'rw' : undefined)
    return said === undefined || has.has(flag) === (said === flag) ? [] : [said]
  })
  const shownValues = new Map(shown.map(option => [option.replace(/=.*/s, ''), option.replace(/^[^=]*=?/, '')]))
  const unmetValues = wanted.filter(option => {
    const [, name = '', text = ''] = /^([^=]+)=(.*)$/s.exec(option) ?? []
    const [value, there] = [valueOf(name, text), valueOf(name, shownValues.get(name) ?? '')]
    return value !== undefined && there !== undefined && value !== there
  })
  return [...unmetFlags, ...unmetValues]
}
