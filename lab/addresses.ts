import { readFileSync } from 'node:fs'
import { LabError } from './lab-error.ts'
import { digest, hostName, type Place } from './place.ts'
import { readRecord, type LabRecord } from './record.ts'

/** One route of this machine: its destination, as numbers, and its interface. */
export interface Route {
  interface: string
  destination: number
  mask: number
}

/** Reads the table of proc(5) `/proc/net/route`, whose numbers are little-endian hexadecimal. */
export function parseRoutes(text: string): Route[] {
  const swap = (hex: string): number => Buffer.from(hex, 'hex').readUInt32LE(0)
  return text.split('\n').slice(1).flatMap((line) => {
    const [name, destination, , , , , , mask] = line.trim().split(/\s+/)
    return name && destination && mask ? [{ interface: name, destination: swap(destination), mask: swap(mask) }] : []
  })
}

/**
 * The /24 for the lab's bridge, as its first three bytes: the preferred one, or the next 10.x that
 * this machine does not route elsewhere. The default route and the bridge's own route do not count.
 */
export function freeSubnet(place: Place, routes: readonly Route[]): string {
  const taken = (subnet: string): boolean => {
    const address = Buffer.from([...subnet.split('.').map(Number), 0]).readUInt32BE(0)
    return routes.some((route) => route.mask !== 0 && route.interface !== place.bridge
      && (((address ^ route.destination) & route.mask & 0xffffff00) === 0))
  }
  const [, second = '78', third = '0'] = place.preferredSubnet.split('.')
  for (let step = 0; step < 200; step += 1) {
    const candidate = `10.${(Number(second) + step) % 250}.${third}`
    if (!taken(candidate)) return candidate
  }
  throw new LabError('Every 10.x network that the lab could use is already routed elsewhere on this machine (see: ip route). The lab needs one /24 below 10.0.0.0/8.')
}

/** Addresses of named hosts, and of the bridge that connects them. */
export interface Addresses {
  subnet: string
  bridge: string
  hosts: Record<string, string>
}

/**
 * Addresses for `names`, known before anything runs: the recorded address of a host that the lab
 * knows, and for a new name a slot from 10 to 249 that follows from the name, or the next free one.
 * The same names get the same answer until the record changes. Throws LabError for a name that
 * cannot be a hostname, and when all 240 slots are taken.
 */
export function allot(place: Place, names: readonly string[], record: LabRecord | undefined = readRecord(place)): Addresses {
  const subnet = record?.subnet ?? freeSubnet(place, parseRoutes(readFileSync('/proc/net/route', 'utf8')))
  const hosts: Record<string, string> = {}
  const taken = new Set(Object.values(record?.hosts ?? {}).map((host) => host.address))
  for (const name of names) {
    if (!hostName.test(name)) throw new LabError(`A lab host cannot be named ${JSON.stringify(name)}: at most 32 of a-z, 0-9 and "-", starting with a letter.`)
    const address = record?.hosts[name]?.address ?? freeSlot(subnet, name, taken)
    taken.add(address)
    hosts[name] = address
  }
  return { subnet, bridge: `${subnet}.1`, hosts }
}

function freeSlot(subnet: string, name: string, taken: ReadonlySet<string>): string {
  const first = parseInt(digest(name, 8), 16) % 240
  for (let step = 0; step < 240; step += 1) {
    const address = `${subnet}.${10 + ((first + step) % 240)}`
    if (!taken.has(address)) return address
  }
  throw new LabError(`All 240 addresses of the lab's network ${subnet}.0/24 are taken. Remove hosts, or end the lab: npm run lab -- down`)
}
