import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readMachineCertificates } from './ca-certificates.ts'
import { formatDeb822, readDebianSources } from './debian-sources.ts'
import { codeOf, LabError } from './lab-error.ts'
import { formatPipConf, readPipSettings } from './pip-settings.ts'

/** What lab hosts take over from the machine they run on, so that packages reach them the way they reach it. */
export interface MachineSettings {
  /** Debian's sources in the deb822 form; empty when this machine has none. */
  sources: string
  /** Lines for apt.conf(5): a proxy, and whether an outdated index is fine (a mirror frozen in time). */
  aptConf: string
  /** Every CA certificate that this machine trusts, as PEM. */
  certificates: string[]
  /** The host's /etc/pip.conf; may be empty. */
  pipConf: string
}

/** Settings of apt that say how packages are reached. Everything else of a machine's apt configuration is its own business. */
const aptSettings = /^Acquire::(https?::Proxy|Check-Valid-Until|Check-Date) "[^"]*";$/

/** Reads them. Takes a few milliseconds. */
export function readMachineSettings(): MachineSettings {
  const pip = readPipSettings()
  const dump = spawnSync('apt-config', ['dump'], { encoding: 'utf8' })
  // No apt: not a Debian machine, and then there is nothing of apt's to take over.
  const lines = dump.status === 0 ? dump.stdout.split('\n').filter((line) => aptSettings.test(line)) : []
  return {
    sources: formatDeb822(readDebianSources()),
    aptConf: lines.map((line) => `${line}\n`).join(''),
    certificates: readMachineCertificates(pip.cert),
    pipConf: formatPipConf(pip),
  }
}

/**
 * A resolv.conf(5) that works from inside a lab host: this machine's name servers. One that listens on this machine's loopback
 * cannot be reached from a host; for systemd-resolved, the servers behind it are taken.
 */
export function readResolvConf(): string {
  for (const file of ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf']) {
    const text = readIfThere(file)
    const servers = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map((found) => found[1] ?? '').filter((server) => /^\d+\./.test(server) && !server.startsWith('127.'))
    if (servers.length > 0) {
      const search = /^\s*search\s+.+$/m.exec(text)
      return [...(search ? [search[0].trim()] : []), ...servers.map((server) => `nameserver ${server}`), ''].join('\n')
    }
  }
  throw new LabError('No name server that a lab host could reach: /etc/resolv.conf names only ones on this machine\'s loopback (127.x) or over IPv6. Put a reachable IPv4 name server there.')
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return ''
    throw thrown
  }
}
