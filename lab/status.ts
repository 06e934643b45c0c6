import { setTimeout as sleep } from 'node:timers/promises'
import { faults } from './ensure.ts'
import { hostFaults, hostPlace } from './host.ts'
import { identityFile } from './keys.ts'
import { LabError } from './lab-error.ts'
import { labPlace } from './place.ts'
import { silent, type Progress } from './progress.ts'
import { readRecord } from './record.ts'
import { checkMachine } from './requirements.ts'
import { clientState, isReady, torFaults, torLogEnd } from './tor-network.ts'

export interface HostStatus {
  name: string
  address: string
  port: number
  user: string
  /** The private key for logging in as root and as `operator`. */
  identityFile: string
  /** The host's root file system, mounted on this machine while the host runs. */
  root: string
  /**
   * Directory with everything written on the host since it was blank: the upper directory of its
   * overlay.
   */
  overlay: string
  /** Empty if the host works. */
  faults: string[]
}

export interface LabStatus {
  hosts: HostStatus[]
  tor: {
    /** The client's SOCKS listener, `127.0.0.1:PORT`. */
    socks: string
    /** Per cent. */
    bootstrapped: number
    /** Whether it can be used now. */
    ready: boolean
    faults: string[]
  }
  /**
   * What is wrong with the network between the hosts, and with anything above. Empty if nothing is.
   */
  faults: string[]
}

/** The state of the lab; undefined if there is none. Only reads. */
export async function labStatus(): Promise<LabStatus | undefined> {
  checkMachine()
  const place = labPlace()
  const record = readRecord(place)
  if (record === undefined) return undefined
  const state = await clientState(place)
  return {
    hosts: Object.entries(record.hosts).map(([name, { address }]) => {
      const host = hostPlace(place, name)
      return { name, address, port: 22, user: 'root', identityFile: identityFile(place), root: host.root, overlay: host.overlay, faults: hostFaults(host) }
    }),
    tor: { socks: `127.0.0.1:${record.socksPort}`, bootstrapped: state?.bootstrapped ?? 0, ready: isReady(state), faults: await torFaults(place) },
    faults: await faults(place, record, Object.keys(record.hosts)),
  }
}

/**
 * Waits until the private Tor network can be used through its SOCKS client. A fresh one takes about
 * half a minute, most of which has passed once a host has been converged. Throws LabError when
 * there is no lab, and after `timeoutSeconds` (default 120).
 */
export async function torReady(timeoutSeconds = 120, progress: Progress = silent): Promise<void> {
  checkMachine()
  const place = labPlace()
  if (readRecord(place) === undefined) throw new LabError('There is no lab, so there is no Tor network to wait for. Start one: npm run lab -- up lab')
  const deadline = Date.now() + timeoutSeconds * 1000
  for (;;) {
    const state = await clientState(place)
    if (isReady(state)) break
    if (Date.now() > deadline) {
      throw new LabError(`The private Tor network is not ready after ${timeoutSeconds} s (client: ${state?.bootstrapped ?? 0} %). The client's log ends with:\n${torLogEnd(place)}\nTo start over: npm run lab -- down, then up`)
    }
    progress.step(`waiting for the private Tor network: ${state?.bootstrapped ?? 0} %`)
    await sleep(250)
  }
  progress.end()
}
