import { expect } from 'chai'
import type { Facts } from '../../lib/state/facts.ts'
import type { HostView, ModuleCall, Plan } from '../../lib/playbook/module.ts'
import { stateIdentity } from '../../lib/state/batch.ts'
import { Content } from '../../lib/state/content.ts'
import type { State, Value } from '../../lib/state/resource.ts'
import { Reader } from '../../lib/state/reader.ts'

const facts: Facts = {
  os: { id: 'debian', version: '12', codename: 'bookworm' }, kernel: '6.1.0', architecture: 'x86_64', hostname: 'web1',
  memoryBytes: 1e9, cores: 2, diskFreeBytes: 1e10, clock: 1_700_000_000,
}

/** States by kind and name, as in `{ 'file /etc/motd': { type: 'file' } }`; what is not named is not there. */
export type Literals = Readonly<Record<string, State | null>>

/** What every host has: some directories, and the users and groups that specs name. */
const usual: Literals = Object.fromEntries([
  ...['/etc', '/etc/nginx', '/etc/tor', '/srv', '/opt'].map((path): [string, State] => [`file ${path}`, { type: 'directory', mode: '0755', owner: 'root', group: 'root' }]),
  ['file /usr/sbin/nginx', { type: 'file', mode: '0755', owner: 'root', group: 'root' }],
  ...['www-data', 'adm', 'tor', 'media'].flatMap((name): [string, State][] => [[`user ${name}`, { name }], [`group ${name}`, { name }]]),
])

/** A host that has these states and no more than is usual; the engine's own reader answers from them. */
export function hostView(states: Literals = {}, { packagesPending = false } = {}): HostView {
  const reader = new Reader(() => Promise.reject(new Error('nothing is sent')))
  const all: Literals = { ...usual, ...states }
  reader.foretold = request => all[stateIdentity(request)] ?? null
  return { current: (resource, key) => reader.current(resource, key), packagesPending: () => packagesPending, anythingPending: () => packagesPending, facts }
}

/** One want as a spec compares it. */
export interface PlainWant {
  resource: string
  key: unknown
  desired: Record<string, unknown> | null
}

function plain(value: Value | undefined): unknown {
  if (!(value instanceof Content)) return value
  return value.secret ? '<secret>' : (value.bytes?.toString() ?? value.sha256)
}

/** What a plan wants: `kind name`, its key, and the desired fields, contents as text. Desired states pass their resource's own schema. */
export function wantsOf({ wants }: Plan<unknown>): PlainWant[] {
  return wants.map(({ resource, key, desired }) => {
    if (desired) resource.schema.parse(desired)
    const fields = desired && Object.fromEntries(Object.entries(desired).filter(([, value]) => value !== undefined).map(([field, value]) => [field, plain(value)]))
    return { resource: stateIdentity({ resource, key }), key, desired: fields }
  })
}

/** Plans a call on a host with these states, and gives `[kind name, desired fields]` of each want. */
export async function desired(call: ModuleCall<unknown>, states: Literals = {}, options: { packagesPending?: boolean } = {}): Promise<[string, Record<string, unknown> | null][]> {
  expect(call.issues).to.deep.equal([])
  return wantsOf(await call.plan(hostView(states, options))).map(({ resource, desired: fields }) => [resource, fields])
}

/** The names of the arguments that are wrong, sorted. */
export function wrongArguments({ issues }: ModuleCall<unknown>): string[] {
  return issues.map(({ argument }) => argument).sort()
}

/**
 * Calls a module as no compiler would let us: with arguments that are not of their types.
 *
 * @example misuse(file, { path: 7 })
 */
export function misuse(module: (args: never) => ModuleCall<unknown>, args: unknown): ModuleCall<unknown> {
  const call: unknown = Reflect.apply(module, undefined, [args])
  if (!isCall(call)) throw new TypeError('That is no module.')
  return call
}

function isCall(call: unknown): call is ModuleCall<unknown> {
  return typeof call === 'object' && call !== null && 'module' in call && 'issues' in call && 'plan' in call
}
