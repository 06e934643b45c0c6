import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { codeOf } from './lab-error.ts'

/** The Debian release of lab hosts. */
export const release = 'bookworm'

/** One package source, in the terms of sources.list(5). */
export interface Source {
  uris: string[]
  suites: string[]
  components: string[]
}

/**
 * Whether a source is Debian's own archive for our release (or a mirror of it), and not somebody
 * else's archive for the same release.
 */
function isDebian(suites: readonly string[], components: readonly string[], signedBy: string | undefined): boolean {
  return suites.some((suite) => new RegExp(`^${release}(-updates|-security)?$`).test(suite))
    && components.includes('main')
    && (signedBy === undefined || /debian-archive/.test(signedBy))
}

const words = (text: string | undefined): string[] => (text ?? '').split(/\s+/).filter(Boolean)

function pick(types: string[], uris: string[], suites: string[], components: string[], signedBy: string | undefined): Source[] {
  const ours = suites.filter((suite) => isDebian([suite], components, signedBy))
  const http = uris.filter((uri) => /^https?:/.test(uri))
  return types.includes('deb') && ours.length > 0 && http.length > 0 && !uris.some((uri) => /torproject/.test(uri))
    ? [{ uris: http, suites: ours, components: components.filter((each) => /^(main|contrib|non-free|non-free-firmware)$/.test(each)) }]
    : []
}

/**
 * Debian's own sources in a file in deb822 format (`*.sources`). Disabled and third-party sources
 * are skipped.
 */
export function parseDeb822(text: string): Source[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const fields: Record<string, string> = {}
    let name = ''
    for (const line of stanza.split('\n')) {
      if (line.startsWith('#')) continue
      const field = /^([A-Za-z-]+):\s*(.*)$/.exec(line)
      if (field) name = (field[1] ?? '').toLowerCase()
      fields[name] = `${fields[name] ?? ''} ${field ? field[2] : line}`
    }
    if (/^\s*(no|false|0|off)\s*$/i.test(fields['enabled'] ?? '')) return []
    return pick(words(fields['types']), words(fields['uris']), words(fields['suites']), words(fields['components']), fields['signed-by'])
  })
}

/** Debian's own sources in a file in one-line format (`*.list`). */
export function parseOneLine(text: string): Source[] {
  return text.split('\n').flatMap((line) => {
    const found = /^\s*(deb|deb-src)\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line)
    if (!found) return []
    const [, type = '', options = '', uri = '', suite = '', components = ''] = found
    return pick([type], [uri], [suite], words(components), /signed-by=(\S+)/.exec(options)?.[1])
  })
}

/** The sources in deb822 format, for a lab host. Signed by the keyring that every Debian has. */
export function formatDeb822(sources: readonly Source[]): string {
  return sources.map((source) => [
    'Types: deb',
    `URIs: ${source.uris.join(' ')}`,
    `Suites: ${source.suites.join(' ')}`,
    `Components: ${source.components.join(' ')}`,
    'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg',
    '',
  ].join('\n')).join('\n')
}

/**
 * Debian's sources as this machine has them, a mirror included. Empty if it has none; mmdebstrap
 * then uses its own default.
 */
export function readDebianSources(etc = '/etc/apt'): Source[] {
  const files = [path.join(etc, 'sources.list'), ...list(path.join(etc, 'sources.list.d'))]
  return files.flatMap((file) => {
    if (file.endsWith('.sources')) return parseDeb822(readFileSync(file, 'utf8'))
    if (!file.endsWith('.list')) return []
    try {
      return parseOneLine(readFileSync(file, 'utf8'))
    } catch (thrown) {
      if (codeOf(thrown) === 'ENOENT') return []
      throw thrown
    }
  })
}

function list(dir: string): string[] {
  try {
    return readdirSync(dir).sort().map((name) => path.join(dir, name))
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return []
    throw thrown
  }
}
