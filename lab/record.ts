import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { codeOf, LabError, messageOf } from './lab-error.ts'
import { hostName, type Place } from './place.ts'

const schema = z.object({
  version: z.literal(1),
  /** First three bytes of the bridge's /24. */
  subnet: z.string().regex(/^\d+\.\d+\.\d+$/),
  /** Port of the SOCKS client on 127.0.0.1. */
  socksPort: z.number().int(),
  /** Every host that was requested and not removed since, with its address. */
  hosts: z.record(z.string().regex(hostName), z.object({ address: z.ipv4(), base: z.string().regex(/^[0-9a-f]+$/).optional() })),
  /** The value of net.ipv4.ip_forward before the lab set it, and the id of that boot. */
  forwarding: z.object({ before: z.string(), bootId: z.string() }).optional(),
  /** The value of fs.inotify.max_user_instances before the lab raised it, and the raised value. */
  inotify: z.object({ before: z.int(), set: z.int(), bootId: z.string() }).optional(),
})

/**
 * What the lab remembers between runs. Everything that can be read from the machine (processes,
 * mounts, the bridge) is not recorded.
 */
export type LabRecord = z.infer<typeof schema>

/** The lab's record, or undefined if there is no lab. Throws LabError if it is not readable. */
export function readRecord(place: Place): LabRecord | undefined {
  const file = path.join(place.dir, 'lab.json')
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return undefined
    throw new LabError(`The lab's record ${file} cannot be read: ${messageOf(thrown)}. The lab has to run as root.`)
  }
  try {
    return schema.parse(JSON.parse(text))
  } catch (thrown) {
    throw new LabError(`The lab's record ${file} is not one that this version understands (${messageOf(thrown)}). End that lab: npm run lab -- down`)
  }
}

/**
 * Replaces the record atomically, so that neither a reader nor an interrupted run leaves half of
 * it. Call it under the lab's lock.
 */
export function writeRecord(place: Place, record: LabRecord): void {
  const file = path.join(place.dir, 'lab.json')
  writeFileSync(`${file}.new`, `${JSON.stringify(record, null, 2)}\n`)
  renameSync(`${file}.new`, file)
}
