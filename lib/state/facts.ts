import { read } from '../shell/script.ts'
import type { Output } from '../shell/output.ts'
import { PlaybookError } from '../errors.ts'

/** What a host says about itself. It comes with the first frame and costs no round trip. */
export interface Facts {
  /**
   * Distribution of os-release(5), as in `{ id: 'debian', version: '12', codename: 'bookworm' }`.
   */
  os: { id: string; version: string; codename: string }
  kernel: string
  /** As printed by `uname -m`. */
  architecture: string
  hostname: string
  memoryBytes: number
  cores: number
  /** Free space on the root file system, for a user other than root. */
  diskFreeBytes: number
  /** Seconds since the epoch by the host's own clock. */
  clock: number
}

/** Reads the facts. Sources: os-release(5), proc(5), uname(1), nproc(1), stat(1). */
export const factsScript = read`
. /etc/os-release; printf '%s\n%s\n%s\n' "$ID" "$VERSION_ID" "$VERSION_CODENAME"
uname -n -r -m
while read -r k v u; do [ "$k" = MemTotal: ] && echo "$v"; done </proc/meminfo
nproc; stat -fc '%a %S' /; date +%s`

/** Parses the output of {@link factsScript}. */
export function parseFacts({ stdout }: Output): Facts {
  const lines = stdout.toString().trim().split('\n')
  const text = (index: number) => lines[index] ?? ''
  const [hostname = '', kernel = '', architecture = ''] = text(3).split(' ')
  const [freeBlocks, blockBytes] = text(6).split(' ').map(Number)
  return {
    os: { id: text(0), version: text(1), codename: text(2) },
    kernel,
    architecture,
    hostname,
    memoryBytes: Number(text(4)) * 1024,
    cores: Number(text(5)),
    diskFreeBytes: Number(freeBlocks) * Number(blockBytes),
    clock: Number(text(7)),
  }
}

/**
 * Thrown when a fact is used before it was read; the engine then reads the facts and starts over.
 */
export class FactsNotKnown extends PlaybookError {
  constructor(fact: string) {
    super(`The fact ${fact} is not known until the host has answered.`, { hint: 'Use it inside tasks(), `when` or a task\'s function.' })
  }
}

/** The host as a playbook sees it: always its name and groups; its facts once they are known. */
export interface PlaybookHost extends Facts {
  readonly name: string
  readonly address: string
  readonly groups: readonly string[]
}

/**
 * Makes a {@link PlaybookHost} whose facts throw {@link FactsNotKnown} until `facts()` returns
 * them.
 */
export function playbookHost(host: { name: string; address: string; groups: readonly string[] }, facts: () => Facts | undefined): PlaybookHost {
  const known = <Name extends keyof Facts>(name: Name): Facts[Name] => {
    const all = facts()
    if (!all) throw new FactsNotKnown(name)
    return all[name]
  }
  return {
    name: host.name, address: host.address, groups: host.groups,
    get os() { return known('os') },
    get kernel() { return known('kernel') },
    get architecture() { return known('architecture') },
    get hostname() { return known('hostname') },
    get memoryBytes() { return known('memoryBytes') },
    get cores() { return known('cores') },
    get diskFreeBytes() { return known('diskFreeBytes') },
    get clock() { return known('clock') },
  }
}
