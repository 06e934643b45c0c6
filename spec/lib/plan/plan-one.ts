import { z } from 'zod'
import { defineModule, want, type HostView, type ModuleCall } from '../../../lib/resource.ts'
import { planTask, type StateSource, type TaskPlan } from '../../../lib/plan/plan-task.ts'
import type { Facts } from '../../../lib/state/facts.ts'
import { Pass } from '../../../lib/playbook/pass.ts'
import { Task, type Body, type TaskOptions } from '../../../lib/playbook/task.ts'
import { apply, read } from '../../../lib/shell/script.ts'
import { hand } from '../../../lib/state/reader.ts'
import type { Resource, State } from '../../../lib/state/resource.ts'

export interface Lamp {
  readonly [field: string]: string
  light: string
}

/** A piece of state that is known by its name, and holds one word. */
export const lamp: Resource<{ name: string }, Lamp, Lamp> = {
  kind: 'lamp', schema: z.strictObject({ light: z.enum(['on', 'off']) }), identify: ({ name }) => name,
  read: keys => ({ script: read`:`, parse: () => keys.map(() => null) }),
  apply: () => ({ script: apply`:` }),
}

export const facts: Facts = { os: { id: 'debian', version: '12', codename: 'bookworm' }, kernel: '6', architecture: 'x86_64', hostname: 'here', memoryBytes: 1, cores: 2, diskFreeBytes: 1, clock: 1 }

/** Gives states by their names, as a host would that has these and nothing else. */
export function having(states: Readonly<Record<string, State | Error>>, more: Partial<StateSource> = {}): StateSource {
  return {
    current: <Key, Current extends State, Desired extends State>(resource: Resource<Key, Current, Desired>, key: Key) => new Promise<Current | null>((resolve, reject) => {
      const state = states[resource.identify(key)] ?? null
      if (state instanceof Error) reject(state)
      else hand({ to(found: Current | null) { resolve(found) } }, state)
    }),
    packagesPending: () => false, anythingPending: () => false, facts: () => facts, ...more,
  }
}

const lampArguments = z.strictObject({ name: z.string(), light: z.enum(['on', 'off']) })

/** Wants a lamp so; gives its light to tasks that await it. */
export const light = defineModule<typeof lampArguments, string>({
  name: 'light', args: lampArguments,
  plan: ({ name, light: desired }) => ({ wants: [want(lamp, { name }, { light: desired })], output: ([state]) => (typeof state?.light === 'string' ? state.light : undefined) }),
})

/** A module without arguments that plans as `plan` says. */
export function planning(plan: (host: HostView) => ReturnType<ModuleCall<void>['plan']>): ModuleCall<void> {
  return defineModule({ name: 'planning', args: z.strictObject({}), plan: (_args, host) => plan(host) })({})
}

/** Plans a task of that body. */
export function planOne(body: Body<unknown>, source: StateSource, options: TaskOptions = {}, pass = new Pass('plan'), more: Parameters<typeof planTask>[3] = {}): Promise<TaskPlan> {
  return planTask(new Task('one', body, options, 5), source, pass, more)
}
