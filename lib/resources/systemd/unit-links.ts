/** The lines in [Install] of a unit file, with continuation lines joined and comments removed. */
function installLines(text: string): string[] {
  let on = false
  return text.replace(/^[ \t]*[#;].*\n?/gm, '').replace(/\\\n/g, ' ').split('\n').filter(line => {
    if (/^\s*\[/.test(line)) on = line.trim() === '[Install]'
    return on && line.includes('=')
  })
}

/** Expands the specifiers that depend only on the unit's name; undefined if there are others. */
function expand(text: string, unit: string): string | undefined {
  const [, prefix = '', instance = ''] = /^([^@]*)(?:@(.*))?\.[a-z]+$/.exec(unit) ?? []
  const known: Readonly<Record<string, string>> = { '%': '%', n: unit, N: unit.replace(/\.[a-z]+$/, ''), p: prefix, i: instance }
  const expanded = text.replace(/%(.)/g, (_, letter: string) => known[letter] ?? '\0')
  return expanded.includes('\0') ? undefined : expanded
}

/**
 * The links that a unit requests in [Install] of its file and drop-ins, sorted, in the form of
 * {@link linksOf}; undefined if they are not known here (%H, UpheldBy). Sources: systemd.unit(5),
 * [INSTALL] SECTION OPTIONS and SPECIFIERS.
 *
 * @example askedLinks('ssh.service', ['[Install]\nWantedBy=multi-user.target\nAlias=sshd.service\n']) // 'multi-user.target.wants, sshd.service'
 */
export function askedLinks(unit: string, files: readonly string[]): string | undefined {
  const asked: Record<string, Set<string>> = { WantedBy: new Set(), RequiredBy: new Set(), Alias: new Set() }
  for (const line of files.flatMap(installLines)) {
    const [, option = '', value = ''] = /^\s*([^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (option === 'UpheldBy') return undefined
    const values = asked[option]
    if (values && value === '') values.clear()
    for (const word of value.split(/\s+/).filter(Boolean)) {
      const expanded = expand(word, unit)
      if (expanded === undefined) return undefined
      values?.add(option === 'Alias' ? expanded : `${expanded}.${option === 'WantedBy' ? 'wants' : 'requires'}`)
    }
  }
  return Object.values(asked).flatMap(values => [...values]).filter(link => link !== unit).sort().join(', ')
}

/** The other units that Also in [Install] of these files names. */
export function alsoOf(files: readonly string[]): string[] {
  return files.flatMap(installLines).flatMap(line => /^\s*Also\s*=(.*)$/.exec(line)?.[1]?.split(/\s+/).filter(Boolean) ?? [])
}

/**
 * The links in /etc/systemd/system (path below it, target) that enable a unit:
 * `multi-user.target.wants`, and its aliases. A link that makes a file elsewhere a unit does not
 * count.
 */
export function linksOf(unit: string, links: readonly { path: string; target: string }[]): string {
  return links.flatMap(({ path, target }) => {
    const [name = '', directory] = path.split('/').reverse()
    if (directory !== undefined) return name === unit && /\.(wants|requires)$/.test(directory) ? [directory] : []
    return name !== unit && target.replace(/^.*\//, '') === unit ? [name] : []
  }).sort().join(', ')
}
