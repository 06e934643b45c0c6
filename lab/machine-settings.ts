import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readMachineCertificates } from './ca-certificates.ts'
import { formatDeb822, readDebianSources } from './debian-sources.ts'
import { codeOf, LabError } from './lab-error.ts'
import { formatPipConf, readPipSettings } from './pip-settings.ts'

/** What lab hosts take over from their machine, so that they get packages in the same way. */
export interface MachineSettings {
  /** Debian's sources in deb822 format; empty if this machine has none. */
  sources: string
  /**
   * Lines for apt.conf(5): a proxy, and whether an outdated index is acceptable (a frozen mirror).
   */
  aptConf: string
  /** Every CA certificate that this machine trusts, as PEM. */
  certificates: string[]
  /** The host's /etc/pip.conf; may be empty. */
  pipConf: string
}

/**
 * The apt settings for reaching packages. The rest of a machine's apt configuration is not copied.
 */
const aptSettings = /^Acquire::(https?::Proxy|Check-Valid-Until|Check-Date) "[^"]*";$/

/** Reads them. Takes a few milliseconds. */
export function readMachineSettings(): MachineSettings {
  const pip = readPipSettings()
  const dump = spawnSync('apt-config', ['dump'], { encoding: 'utf8' })
  // Without apt this is not a Debian machine, and there are no apt settings to take over.
  const lines = dump.status === 0 ? dump.stdout.split('\n').filter((line) => aptSettings.test(line)) : []
  return {
    sources: formatDeb822(readDebianSources()),
    aptConf: lines.map((line) => `${line}\n`).join(''),
    certificates: readMachineCertificates(pip.cert),
    pipConf: formatPipConf(pip),
  }
}

/**
 * A resolv.conf(5) that works inside a lab host, with this machine's name servers. A host cannot
 * reach one on this machine's loopback; for systemd-resolved, the servers behind it are used.
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
  throw new LabError('Lab hosts cannot reach any name server: /etc/resolv.conf only contains servers on this machine\'s loopback (127.x) or over IPv6. Put a reachable IPv4 name server there.')
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return ''
    throw thrown
  }
}
