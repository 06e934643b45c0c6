import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { labDown, labStatus } from '../../lab/index.ts'
import { claimDirectory } from '../../lab/marker.ts'
import { labPlace } from '../../lab/place.ts'

/**
 * Inside the lab's directory: the specs started this lab, so they end it. `down` removes it with
 * the rest.
 */
const mark = () => path.join(labPlace().dir, 'started-by-specs')

/**
 * To be called before specs start a lab: one that is there already is somebody's own, and stays.
 */
export async function announceLab(): Promise<void> {
  if ((await labStatus()) !== undefined) return
  claimDirectory(labPlace())
  writeFileSync(mark(), '')
}

/**
 * Ends the lab if specs started it, those of a run that was killed included, and nothing but their
 * hosts is left in it.
 */
export async function endAnnouncedLab(): Promise<void> {
  const left = (await labStatus())?.hosts.map(({ name }) => name) ?? []
  if (existsSync(mark()) && left.every(name => name.startsWith('spec-'))) await labDown()
}
