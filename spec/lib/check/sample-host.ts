import { z } from 'zod'
import { choosePlay, prepare } from '../../../lib/run/open-host.ts'
import type { HostWalk, Observer } from '../../../lib/walk/host-walk.ts'
import { foretell } from '../../../lib/check/foretell.ts'
import type { Overlay } from '../../../lib/check/overlay.ts'
import { defineModule, want } from '../../../lib/resource.ts'
import type { Resource } from '../../../lib/state/resource.ts'
import type { HandlerReport, TaskReport } from '../../../lib/report/report.ts'
import { playbook, type Play } from '../../../lib/playbook/playbook.ts'
import type { AnyTask } from '../../../lib/playbook/task.ts'
import { Reader } from '../../../lib/state/reader.ts'
import { output, sample, type SampleKey, type SampleState } from '../state/sample-resource.ts'

type Says = Partial<Resource<SampleKey, SampleState, Partial<SampleState>>>
const args = z.strictObject({ name: z.string(), value: z.string().nullable().default('new'), detail: z.string().optional() })
const wanted = (kind: string, says: Says, { name, value, detail }: z.output<typeof args>) => want({ ...sample(kind), forecast: {}, ...says }, { name }, value === null ? null : { value, ...(detail === undefined ? {} : { detail }) })

/** A module that wants a thing of a name and a value (`null`: not there), and gives its value. What its kind says of itself is told by `says`. */
export const thing = (says: Says = {}, kind = 'thing') => defineModule<typeof args, { value: string }>({
  name: kind, args, placeholder: { value: 'not-known-yet' },
  plan: asked => ({ wants: [wanted(kind, says, asked)], output: ([state]) => (typeof state?.value === 'string' ? { value: state.value } : undefined) }),
})

/** The same without a result, as a handler has none. */
export const act = (says: Says = {}, onlyInHandlers?: string) => defineModule({ name: 'act', args, plan: asked => ({ wants: [wanted('thing', says, asked)] }), onlyInHandlers: () => onlyInHandlers })

export interface Given {
  /** What is there: values by names; `broken` cannot be read. */
  has?: Readonly<Record<string, string>>
  choose?: (task: AnyTask) => boolean
  walk?: Partial<HostWalk>
  observer?: Partial<Observer>
  overlay?: Overlay
  /** Called with each frame that is read. */
  reads?: () => void
}

const facts = { os: { id: 'debian', version: '12', codename: 'bookworm' }, kernel: '6', architecture: 'x86_64', hostname: 'h', memoryBytes: 1, cores: 1, diskFreeBytes: 1, clock: 1 }

/** What there is to walk of a playbook on a host that is no more than a list of things in memory. */
export async function walkOf(tasks: (play: Play) => void, { has = {}, choose = () => true, walk = {}, observer = {}, reads = () => undefined }: Given = {}): Promise<HostWalk> {
  const prepared = prepare(playbook({ name: 'Spec', hosts: 'all', tasks }), { name: 'here', address: '127.0.0.1', groups: [] }, {})
  prepared.learn(facts)
  if (!prepared.play) throw new Error('it was not laid out')
  const { play, leftOut, asked } = await choosePlay(prepared.play, choose)
  const reader = new Reader(async parts => {
    reads()
    return Promise.resolve(parts.map(({ script }) => output(script.text.split(' ').slice(1).filter(name => has[name] !== undefined).map(name => `${name}=${has[name] ?? ''}`).join('\n'))))
  })
  const silent: Observer = { taskStarted: () => undefined, taskDone: () => undefined, handlerDone: () => undefined, note: () => undefined }
  return { name: 'here', playbook: 'Spec', play, leftOut, asked, reader, pending: new Set(), leftovers: [], observer: { ...silent, ...observer }, facts, ...walk }
}

/** What a check tells of a playbook on such a host. */
export async function foretold(tasks: (play: Play) => void, given: Given = {}): Promise<{ tasks: TaskReport[]; handlers: HandlerReport[] }> {
  return foretell(await walkOf(tasks, given), given.overlay)
}

/** Each change that was told, with its reason where it is not certain, or what failed. */
export const told = ({ tasks }: { tasks: readonly TaskReport[] }): string[] => tasks.map(({ name, status, error, changes }) => [`${name}: ${status}`, error, ...changes.map(({ reason }) => reason)].filter(part => part !== undefined).join('; '))
