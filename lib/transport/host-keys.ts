import { homedir } from 'node:os'
import { join } from 'node:path'
import ssh2, { type ServerHostKeyAlgorithm } from 'ssh2'
import { ConnectError } from '../errors.ts'
import type { Host } from '../inventory/host.ts'
import { fingerprint, knownKeyTypes, judgeHostKey, nameInFile } from './known-hosts.ts'
import { readIfThere } from './read-if-there.ts'

/**
 * Signature algorithms for a key type of known_hosts (RFC 8332: an ssh-rsa key signs by rsa-sha2).
 */
const ALGORITHMS: Record<string, ServerHostKeyAlgorithm[]> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
}

/** Compares the key that a host presents with known_hosts(5) of ssh. */
export class HostKeys {
  readonly #host: Host
  readonly #file: string
  readonly #text: string
  /** The types of its known keys. */
  readonly #known: string[]
  refusal: ConnectError | undefined

  constructor(host: Host) {
    this.#host = host
    this.#file = host.knownHostsFile ?? join(homedir(), '.ssh', 'known_hosts')
    const files = host.knownHostsFile ? [host.knownHostsFile] : [this.#file, '/etc/ssh/ssh_known_hosts']
    this.#text = files.map(readIfThere).join('\n')
    this.#known = knownKeyTypes(this.#text, host.address, host.port)
  }

  /**
   * Only the known types, where there are any: a host that has such a key presents it, and one that
   * presents another type is not taken for a new host. A machine in the middle could otherwise
   * offer a key of a new type.
   */
  algorithms(): ServerHostKeyAlgorithm[] {
    const known = this.#known.flatMap(type => ALGORITHMS[type] ?? [])
    return known.length > 0 ? known : Object.values(ALGORITHMS).flat()
  }

  /** The host has no key of a known type. */
  otherTypes(): ConnectError {
    return new ConnectError(`${placeOf(this.#host)} does not offer a key of the type that ${this.#file} has for it (${this.#known.join(', ')}). Somebody may be intercepting the connection.`, { host: this.#host.name, hint: this.#replaceHint() })
  }

  accepts(key: Buffer): boolean {
    const { address, port, name } = this.#host
    const parsed = ssh2.utils.parseKey(key)
    const type = parsed instanceof Error ? '' : parsed.type
    const verdict = judgeHostKey(this.#text, address, port, type, key.toString('base64'))
    if (verdict === 'known') return true
    const shown = `it shows the ${type} key ${fingerprint(key)}`
    const scan = `ssh-keyscan -p ${port} -t ${type.replace(/^(ssh|ecdsa).*?-?(ed25519|rsa|$).*/, '$2') || 'ecdsa'} ${address} >> ${this.#file}`
    const others = this.#known.length ? ` Keys of other types are known of it (${this.#known.join(', ')}), so somebody may be intercepting the connection.` : ''
    const [message, hint] = verdict === 'unknown'
      ? [`The host key of ${placeOf(this.#host)} is not known: ${shown}.${others}`, `Compare the fingerprint with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub, on its console). If it is the same, accept it: ${scan}`]
      : [`The host key of ${placeOf(this.#host)} is ${verdict}: ${shown}, and ${this.#file} says otherwise. Somebody may be intercepting the connection.`, this.#replaceHint()]
    this.refusal = new ConnectError(message, { host: name, hint })
    return false
  }

  #replaceHint(): string {
    const { address, port } = this.#host
    return `If the host was reinstalled, remove the old key (ssh-keygen -R ${nameInFile(address, port)} -f ${this.#file}) and accept the new one as for an unknown host.`
  }
}

/**
 * A host as errors show it.
 * @example placeOf({ name: 'web1', address: '10.0.0.7', port: 22 }) // 'web1 (10.0.0.7 port 22)'
 */
export function placeOf({ name, address, port }: Pick<Host, 'name' | 'address' | 'port'>): string {
  return name === address ? `${address} port ${port}` : `${name} (${address} port ${port})`
}
