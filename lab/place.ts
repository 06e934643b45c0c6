import { createHash } from 'node:crypto'
import { existsSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { LabError } from './lab-error.ts'

/** The directory of a machine's lab, unless STEAD_LAB_DIR is set. */
export const defaultDirectory = '/var/lib/stead-lab'

/**
 * Valid names of lab hosts: a DNS label in lower case, which works as a hostname and as a
 * directory.
 */
export const hostName = /^[a-z][a-z0-9-]{0,30}[a-z0-9]$|^[a-z]$/

/**
 * Everything of a lab that has a name on its machine. Labs with different directories share none of
 * these names.
 */
export interface Place {
  /** State directory: images, overlays, keys. All of it belongs to the lab; `down` removes it. */
  dir: string
  /** Bridge that the hosts are attached to; at most 15 characters (IFNAMSIZ). */
  bridge: string
  /** Table of nftables, family inet. */
  table: string
  /** Name of the lab's control group, below the root of the cgroup2 file system. */
  cgroup: string
  /** First three bytes of the preferred /24: `10.78.0`. */
  preferredSubnet: string
  /** First port tried for the Tor client's SOCKS listener, on 127.0.0.1. */
  preferredSocksPort: number
}

/** First `length` hexadecimal digits of the SHA-256 of `text`. */
export function digest(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length)
}

/**
 * The names that belong to a state directory: fixed ones for the default directory, and ones
 * derived from a hash of the path for any other, so that a second lab (of a spec, say) does not
 * collide with the first. Symbolic links in the path are resolved first: the kernel only knows the
 * real paths of mounts.
 * @param given defaults to the environment's STEAD_LAB_DIR, or `/var/lib/stead-lab`. Must be
 * absolute and not a top directory.
 */
export function labPlace(given = process.env['STEAD_LAB_DIR'] || defaultDirectory): Place {
  const clean = path.normalize(given).replace(/\/+$/, '')
  const dir = realPath(clean)
  if (!path.isAbsolute(given) || [clean, dir].some((each) => each.split('/').filter(Boolean).length < 2)) {
    throw new LabError(`STEAD_LAB_DIR is ${JSON.stringify(given)}: it must be an absolute path at least two levels deep, since "down" removes all of it. Example: ${defaultDirectory}`)
  }
  if (clean === defaultDirectory) {
    return { dir, bridge: 'stead0', table: 'stead_lab', cgroup: 'stead-lab', preferredSubnet: '10.78.0', preferredSocksPort: 19150 }
  }
  const tag = digest(dir, 8)
  const number = parseInt(tag, 16)
  return {
    dir,
    bridge: `stead-${tag}`,
    table: `stead_lab_${tag}`,
    cgroup: `stead-lab-${tag}`,
    preferredSubnet: `10.${80 + (number % 160)}.${(number >>> 8) % 256}`,
    preferredSocksPort: 20000 + (number % 10000),
  }
}

/** Resolves links as far as the path exists. */
function realPath(dir: string): string {
  if (existsSync(dir)) return realpathSync(dir)
  const parent = path.dirname(dir)
  return parent === dir ? dir : path.join(realPath(parent), path.basename(dir))
}

/**
 * Name of a host's machine for systemd-nspawn. Short, since nspawn names the bridge's port after
 * it: `vb-` and this, in 15 characters.
 */
export function machineName(place: Place, host: string): string {
  return `st-${digest(`${place.dir}\n${host}`, 8)}`
}

/** The interface on the bridge that connects a host (systemd-nspawn(1), --network-bridge). */
export function portName(place: Place, host: string): string {
  return `vb-${machineName(place, host)}`
}
