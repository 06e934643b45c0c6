import { allot } from './addresses.ts'
import { elementArchiveFile, elementStandIn, writeElementArchive } from './element-stand-in.ts'
import { ensureLab } from './ensure.ts'
import { identityFile, knownHostsFile } from './keys.ts'
import { labPlace } from './place.ts'
import { showProgress } from './progress.ts'

/** A host in an inventory. */
export interface LabHost {
  /** Groups it is in. */
  groups: readonly string[]
  /** Its own variables; they override the lab's. */
  vars?: Record<string, unknown>
}

export interface LabOptions {
  /**
   * Hosts by name. A name becomes the hostname: at most 32 of a-z, 0-9 and "-", starting with a
   * letter.
   */
  hosts: Record<string, LabHost>
}

/** An inventory in Ansible's format, plus what has to happen before its hosts can be reached. */
export interface LabInventory {
  all: { children: Record<string, { hosts: Record<string, Record<string, unknown>> }> }
  /**
   * Called by the engine after all validation and before any connection: starts the lab, or finds
   * within milliseconds that it runs.
   */
  start: () => Promise<void>
}

/**
 * An inventory of lab hosts. Creates nothing and needs no privileges: addresses are known before
 * anything runs, and `start` does the rest. Throws LabError for a name that cannot be a hostname.
 */
export function lab({ hosts }: LabOptions): LabInventory {
  const place = labPlace()
  const names = Object.keys(hosts)
  const addresses = allot(place, names)
  const children: LabInventory['all']['children'] = {}
  const archive = elementStandIn()
  for (const [name, { groups, vars }] of Object.entries(hosts)) {
    for (const group of groups) {
      (children[group] ??= { hosts: {} }).hosts[name] = {
        ansible_host: addresses.hosts[name],
        ansible_port: 22,
        ansible_user: 'root',
        ansible_ssh_private_key_file: identityFile(place),
        stead_known_hosts_file: knownHostsFile(place),
        element_archive: elementArchiveFile(place),
        element_sha256: archive.sha256,
        ...vars,
      }
    }
  }
  return {
    all: { children },
    async start() {
      await ensureLab({ hosts: names, promised: addresses.hosts, progress: showProgress() })
      writeElementArchive(place, archive)
    },
  }
}
