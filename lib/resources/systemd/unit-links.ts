/** The lines of a unit file that stand in [Install], with those that go on in the next line joined, without comments. */
function installLines(text: string): string[] {
  let on = false
  return text.replace(/^[ \t]*[#;].*\n?/gm, '').replace(/\\\n/g, ' ').split('\n').filter(line => {
    if (/^\s*\[/.test(line)) on = line.trim() === '[Install]'
    return on && line.includes('=')
  })
}

/** What specifiers stand for that are known by the unit's name alone; undefined for another. */
function expand(text: string, unit: string): string | undefined {
  const [, prefix = '', instance = ''] = /^([^@]*)(?:@(.*))?\.[a-z]+$/.exec(unit) ?? []
  const known: Readonly<Record<string, string>> = { '%': '%', n: unit, N: unit.replace(/\.[a-z]+$/, ''), p: prefix, i: instance }
  const expanded = text.replace(/%(.)/g, (_, letter: string) => known[letter] ?? '\0')
  return expanded.includes('\0') ? undefined : expanded
}

/**
 * The links that a unit asks for in [Install] of its file and drop-ins, in a fixed order, as {@link linksOf} has them; undefined where they cannot
 * be told from here (%H, UpheldBy). Sources: systemd.unit(5), [INSTALL] SECTION OPTIONS and SPECIFIERS.
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

/** The other units that [Install] of these files names by Also. */
export function alsoOf(files: readonly string[]): string[] {
  return files.flatMap(installLines).flatMap(line => /^\s*Also\s*=(.*)$/.exec(line)?.[1]?.split(/\s+/).filter(Boolean) ?? [])
}

/**
 * Of the links in /etc/systemd/system (`path below it`, what it leads to) those by which a unit is enabled: `multi-user.target.wants`, and its
 * aliases. The one by which a file elsewhere becomes a unit is none.
 */
export function linksOf(unit: string, links: readonly { path: string; target: string }[]): string {
  return links.flatMap(({ path, target }) => {
    const [name = '', directory] = path.split('/').reverse()
    if (directory !== undefined) return name === unit && /\.(wants|requires)$/.test(directory) ? [directory] : []
    return name !== unit && target.replace(/^.*\//, '') === unit ? [name] : []
  }).sort().join(', ')
}
