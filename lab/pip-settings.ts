import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { codeOf } from './lab-error.ts'

/**
 * The part of this machine's pip configuration that a lab host takes over. See pip's
 * "Configuration" page.
 */
export interface PipSettings {
  /** A bundle of CA certificates on this machine. The host gets its certificates, not its path. */
  cert?: string
  indexUrl?: string
  extraIndexUrls: string[]
  trustedHosts: string[]
}

/** The bundle for a lab host's pip, if this machine's pip has a `cert`. */
const hostBundle = '/etc/ssl/certs/ca-certificates.crt'

/** Sections that `pip install` reads: its own overrides [global]. */
function parseIni(text: string): Record<string, string> {
  const sections: Record<string, Record<string, string>> = {}
  let values: Record<string, string> = {}
  let key = ''
  for (const line of text.split('\n')) {
    const section = /^\[([^\]]+)\]/.exec(line)
    const pair = /^([^\s=:#;][^=:]*?)\s*[=:]\s*(.*)$/.exec(line)
    if (section) values = sections[section[1] ?? ''] ??= {}
    else if (pair) values[key = (pair[1] ?? '').toLowerCase().replaceAll('_', '-')] = pair[2] ?? ''
    // An indented line continues the value before it: that is how extra-index-url gets several
    // values.
    else if (/^\s+[^#;\s]/.test(line) && key) values[key] = `${values[key] ?? ''} ${line.trim()}`
  }
  return { ...sections['global'], ...sections['install'] }
}

/**
 * The settings in pip.conf files, lowest priority first, and PIP_* variables, which override all
 * files. Only http(s) indexes count: a file: URL means a directory that a host does not have.
 */
export function mergePipSettings(files: readonly string[], environment: NodeJS.ProcessEnv): PipSettings {
  const merged = Object.fromEntries(files.flatMap((text) => Object.entries(parseIni(text))))
  for (const name of ['cert', 'index-url', 'extra-index-url', 'trusted-host']) {
    const value = environment[`PIP_${name.toUpperCase().replaceAll('-', '_')}`]
    if (value) merged[name] = value
  }
  const urls = (text = ''): string[] => text.split(/\s+/).filter((url) => /^https?:\/\//.test(url))
  return {
    cert: merged['cert'] || undefined,
    indexUrl: urls(merged['index-url'])[0],
    extraIndexUrls: urls(merged['extra-index-url']),
    trustedHosts: (merged['trusted-host'] ?? '').split(/\s+/).filter(Boolean),
  }
}

/** The host's /etc/pip.conf; empty if this machine has nothing to take over. */
export function formatPipConf(settings: PipSettings): string {
  const lines = [
    settings.cert ? `cert = ${hostBundle}` : '',
    settings.indexUrl ? `index-url = ${settings.indexUrl}` : '',
    settings.extraIndexUrls.length > 0 ? `extra-index-url = ${settings.extraIndexUrls.join('\n    ')}` : '',
    settings.trustedHosts.length > 0 ? `trusted-host = ${settings.trustedHosts.join('\n    ')}` : '',
  ].filter(Boolean)
  return lines.length > 0 ? `[global]\n${lines.join('\n')}\n` : ''
}

/** The pip settings of this machine and of the user who runs the lab. */
export function readPipSettings(environment: NodeJS.ProcessEnv = process.env): PipSettings {
  const config = environment['XDG_CONFIG_HOME'] || path.join(homedir(), '.config')
  const files = ['/etc/xdg/pip/pip.conf', '/etc/pip.conf', path.join(homedir(), '.pip/pip.conf'), path.join(config, 'pip/pip.conf'),
    ...(environment['PIP_CONFIG_FILE'] ? [environment['PIP_CONFIG_FILE']] : [])]
  return mergePipSettings(files.map(readIfThere), environment)
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT' || codeOf(thrown) === 'ENOTDIR') return ''
    throw thrown
  }
}
