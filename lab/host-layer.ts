import { chmodSync, chownSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Files } from './keys.ts'
import { digest, type Place } from './place.ts'
import { operator, torDefaultsFile } from './recipe.ts'

/** What distinguishes a host from the others. */
export interface HostSettings {
  name: string
  address: string
  /** The bridge's address, which is the gateway. */
  gateway: string
  /** The public key that may log in as root and as the operator. */
  authorizedKey: string
  /** The host's own ssh key files, by name. */
  hostKeys: Files
  resolvConf: string
  pipConf: string
  /** Defaults file of tor, with the join to the private network. */
  torDefaults: string
}

/**
 * Writes a host's own layer, if it does not exist: a directory between the base image and the upper
 * directory of its overlay. So the upper directory contains only what happened on the host, and
 * without it the host is the same, but blank.
 * @param base root of the base image, for the ids of its operator.
 */
export function writeHostLayer(place: Place, layer: string, base: string, host: HostSettings): void {
  mkdirSync(layer, { recursive: true, mode: 0o755 })
  const owner = idsOf(base, operator)
  const dir = (name: string, mode = 0o755, ids = { uid: 0, gid: 0 }): void => {
    mkdirSync(path.join(layer, name), { recursive: true })
    // A directory in the layer sets mode and owner of the merged one, whatever the base has.
    chmodSync(path.join(layer, name), mode)
    chownSync(path.join(layer, name), ids.uid, ids.gid)
  }
  const file = (name: string, content: string, mode = 0o644, ids = { uid: 0, gid: 0 }): void => {
    writeFileSync(path.join(layer, name), content)
    chmodSync(path.join(layer, name), mode)
    chownSync(path.join(layer, name), ids.uid, ids.gid)
  }
  dir('etc')
  file('etc/hostname', `${host.name}\n`)
  file('etc/hosts', `127.0.0.1\tlocalhost\n127.0.1.1\t${host.name}\n`)
  file('etc/resolv.conf', host.resolvConf)
  // With an id of its own a host has no "first boot", which would apply presets to every unit
  // (machine-id(5)).
  file('etc/machine-id', `${digest(`${place.dir} machine ${host.name}`, 32)}\n`, 0o444)
  if (host.pipConf) file('etc/pip.conf', host.pipConf)
  dir('etc/ssh')
  for (const [name, content] of Object.entries(host.hostKeys)) file(`etc/ssh/${name}`, content, name.endsWith('.pub') ? 0o644 : 0o600)
  dir('etc/systemd')
  dir('etc/systemd/network')
  file('etc/systemd/network/10-host0.network',
    `[Match]\nName=host0\n[Network]\nAddress=${host.address}/24\nGateway=${host.gateway}\nIPv6AcceptRA=no\nLinkLocalAddressing=no\nLLDP=no\n`)
  dir(path.dirname(torDefaultsFile))
  file(torDefaultsFile, host.torDefaults)
  dir('root', 0o700)
  dir('root/.ssh', 0o700)
  file('root/.ssh/authorized_keys', host.authorizedKey, 0o600)
  dir('home')
  dir(`home/${operator}`, 0o700, owner)
  dir(`home/${operator}/.ssh`, 0o700, owner)
  file(`home/${operator}/.ssh/authorized_keys`, host.authorizedKey, 0o600, owner)
  dir('var')
  dir('var/lib')
  dir('var/lib/dbus')
  symlinkSync('/etc/machine-id', path.join(layer, 'var/lib/dbus/machine-id'))
}

/**
 * User and group id of a user, from the passwd(5) of the root at `root`. Throws if it does not
 * exist: the image is damaged.
 */
function idsOf(root: string, user: string): { uid: number, gid: number } {
  const found = new RegExp(`^${user}:[^:]*:(\\d+):(\\d+):`, 'm').exec(readFileSync(path.join(root, 'etc/passwd'), 'utf8'))
  if (!found) throw new Error(`no user ${user} in ${root}/etc/passwd`)
  return { uid: Number(found[1]), gid: Number(found[2]) }
}
