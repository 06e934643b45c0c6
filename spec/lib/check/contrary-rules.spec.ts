import { expect } from 'chai'
import { z } from 'zod'
import { contradictions } from '../../../lib/check/contrary.ts'
import { Content, defineModule, want, type HostView, type Want } from '../../../lib/resource.ts'
import type { Play } from '../../../lib/playbook/playbook.ts'
import type { Resource, State } from '../../../lib/state/resource.ts'
import { sample, type SampleKey } from '../state/sample-resource.ts'
import { walkOf } from './sample-host.ts'

type Says = Partial<Resource<SampleKey, State, State>>
const kind = (says: Says = {}): Resource<SampleKey, State, State> => ({ ...sample('thing'), schema: z.custom<State>(value => typeof value === 'object'), forecast: {}, ...says })

/** A module that plans what it is told to. */
const planning = (plan: (host: HostView) => Promise<Want[]> | Want[]) => defineModule({ name: 'planning', args: z.strictObject({}), plan: async (_args, host) => ({ wants: await plan(host) }) })({})
/** A module that wants a thing as desired. */
const wants = (desired: State | null, says: Says = {}, name = 'x') => planning(() => [want(kind(says), { name }, desired)])

/** What tasks called A, B, C… say against each other: mistakes, and notes with a question mark before them. */
async function contrary(...calls: Parameters<Play['task']>[1][]): Promise<string[]> {
  const { play, asked } = await walkOf(({ task }) => calls.forEach((call, index) => void task('ABCDEF'[index] ?? '', call)))
  const { mistakes, notes } = await contradictions(play, asked)
  return [...mistakes.map(({ message }) => message), ...notes.map(note => `? ${note}`)]
}
const said = (tasks: string, what: string): string => `"${tasks[0] ?? ''}" and "${tasks[1] ?? ''}" contradict each other about thing[x]: ${what}.`
/** A kind that takes any value for what is desired, as a version that is new enough. */
const lax: Says = { compare: (_key, current) => (current === null ? [{ field: undefined, current: 'absent', desired: 'present' }] : []) }

describe('Tasks that undo each other', () => {
  it('are reported with both values, in the order of the tasks, and with what to do', async () => {
    const { play, asked } = await walkOf(({ task }) => { task('A', wants({ mode: '1' })); task('B', wants({ mode: '2' })) })
    const { mistakes } = await contradictions(play, asked)
    expect(mistakes.map(({ message, hint }) => [message, hint?.startsWith('Every run would change it twice.')])).to.deep.equal([[said('AB', 'mode "1" and "2"'), true]])
  })

  it('are found past others that have no say in the field', async () => {
    expect(await contrary(wants({ mode: '1' }), wants({ owner: 'a' }), wants({ mode: '2' }), wants({ group: 'b' }))).to.deep.equal([said('AC', 'mode "1" and "2"')])
    expect(await contrary(wants({ mode: '1' }), wants({ mode: '2' }), wants(null), wants({ owner: 'a' }))).to.include(said('AB', 'mode "1" and "2"'))
  })

  it('are noted where one makes what the other removes, and not where something else takes it away', async () => {
    expect(await contrary(wants(null), wants({ mode: '1' }))).to.deep.equal(['? "A" removes thing[x] and "B" creates it, so each run does both.'])
    expect(await contrary(wants(null), wants({ mode: '1' }), wants(null))).to.deep.equal(['? "A" removes thing[x] and "B" creates it, so each run does both.'])
    expect(await contrary(wants({ mode: '1' }), wants(null))).to.deep.equal(['? "B" removes thing[x] and "A" creates it, so each run does both.'])
    const along: Says = { forecast: { sideEffects: ({ name }) => [{ kind: 'thing', identity: name, below: 'gone' }] } }
    const inIt = () => wants({ mode: '1' }, {}, 'x/y')
    expect(await contrary(inIt(), inIt(), wants(null, along), wants(null, along)), 'with what it is in').to.deep.equal([])
    const makes: Says = { compare: () => [{ field: undefined, current: 'absent', desired: 'present' }], forecast: { sideEffects: () => [{ kind: 'thing', identity: 'x', state: { mode: '1' } }] } }
    expect(await contrary(wants({}, makes, 'y'), wants({}, makes, 'y'), wants(null), wants(null)), 'made along with something').to.deep.equal([])
  })

  it('are not those whose wish is met by what the other makes', async () => {
    expect(await contrary(wants({ version: '>=1' }, lax), wants({ version: '2' }))).to.deep.equal([])
  })

  it('are not those of which one makes something else only once', async () => {
    const resets: Says = { ...lax, forecast: { sideEffects: () => [{ kind: 'thing', identity: 'x', change: () => ({ version: '0' }) }] } }
    const atLeast: Says = { compare: (_key, current) => (current === null || current['version'] === '0' ? [{ field: 'version', current: '0', desired: '1' }] : []) }
    expect(await contrary(wants({}, resets, 'y'), wants({}, resets, 'y'), wants({ version: '1' }, atLeast), wants({ version: '2' }))).to.deep.equal([])
  })

  it('are two tasks: one that wants another thing each time does not contradict itself', async () => {
    const counts = (name: string) => planning(async host => {
      const current = await host.current(kind(), { name })
      return [want(kind(), { name }, { count: `${typeof current?.['count'] === 'string' ? current['count'] : ''}1` }), want(kind(), { name: 'shared' }, { mode: '1' })]
    })
    expect(await contrary(counts('x'), wants({ mode: '1' }, {}, 'shared'))).to.deep.equal([])
    expect(await contrary(counts('x'), wants({ owner: 'a' }))).to.deep.equal([])
    expect(await contrary(planning(() => [want(kind(), { name: 'x' }, { mode: '1' }), want(kind(), { name: 'x' }, { mode: '2' })]), wants({ owner: 'a' })), 'nor one that wants it in two steps').to.deep.equal([])
  })

  it('are found, too, where one wants more once a thing is there', async () => {
    const grows = (more: string) => planning(async host => [want(kind(), { name: 'first' }, { mode: '1' }), ...(await host.current(kind(), { name: 'first' }) ? [want(kind(), { name: more }, { mode: '1' })] : [])])
    expect(await contrary(grows('x'), wants({ mode: '1' }, {}, 'first'), wants({ mode: '2' }), wants({ owner: 'a' }))).to.deep.equal([said('AC', 'mode "1" and "2"')])
    expect(await contrary(grows('x'), wants({ mode: '1' }, {}, 'first'), wants({ owner: 'a' }), wants({ owner: 'a' }))).to.deep.equal([])
    expect(await contrary(grows('alone'), wants({ mode: '1' }, {}, 'first'))).to.deep.equal([])
  })

  it('are not two edits of one text, but an edit and the whole text, and what else two edits want of it', async () => {
    const edit: Says = { madeFrom: () => 'what is there' }
    const block: Says = { madeFrom: () => 'its own' }
    expect(await contrary(wants({ content: 'a' }, edit), wants({ content: 'b' }, edit))).to.deep.equal([])
    for (const says of [{}, block]) expect(await contrary(wants({ content: 'a' }, says), wants({ content: 'b' }, edit))).to.deep.equal([said('AB', 'content "a" and "b"')])
    expect(await contrary(wants({ content: 'a' }, edit), wants({ content: 'b' }))).to.deep.equal([said('AB', 'content "a" and "b"')])
    expect(await contrary(wants({ mode: 'a' }, edit), wants({ mode: 'b' }, edit))).to.deep.equal([said('AB', 'mode "a" and "b"')])
  })

  it('are not events, which happen each time, nor what is only looked at', async () => {
    const event: Says = { event: { effect: 'change', verify: () => undefined, describe: () => 'restart' } }
    for (const says of [event, { forecast: { onlyRead: true as const } }]) expect(await contrary(wants({ mode: '1' }, says), wants({ mode: '2' }, says))).to.deep.equal([])
  })

  it('are not reported if a host has to be asked first: for facts, for what may be there, or for a result without a placeholder', async () => {
    const asking = (asks: (host: HostView) => boolean) => planning(host => [want(kind(), { name: 'x' }, { mode: asks(host) ? '1' : '2' })])
    expect(await contrary(wants({ mode: '1' }), planning(host => [want(kind(), { name: 'x' }, { mode: host.facts.cores > 1 ? '2' : '3' })]))).to.deep.equal([])
    expect(await contrary(wants({ mode: '2' }), asking(host => host.anythingPending()))).to.deep.equal([])
    const gives = defineModule({ name: 'gives', args: z.strictObject({}), plan: () => ({ wants: [], output: () => 'a' }) })
    const { play, asked } = await walkOf(({ task }) => {
      const result = task('result', gives({}))
      task('A', wants({ mode: '1' }))
      task('B', async () => wants({ mode: await result }))
      task('C', wants({ mode: '1' }))
    })
    expect(await contradictions(play, asked)).to.deep.equal({ mistakes: [], notes: [] })
  })

  it('are looked for only among those that are about a thing of one name, for a playbook may be long', async () => {
    const planned: string[] = []
    const counted = (name: string, ...things: string[]) => planning(async host => {
      planned.push(name)
      for (const each of things) void host.current(kind(), { name: each })
      return Promise.resolve([])
    })
    const { play, asked } = await walkOf(({ task }) => { task('A', counted('A', 'x', 'a')); task('B', counted('B', 'x')); task('C', counted('C', 'c')); task('D', counted('D', 'd', 'd')); task('none', counted('none')) })
    planned.length = 0
    await contradictions(play, asked)
    expect(planned).to.deep.equal(['A', 'B', 'A', 'B'])
  })

  it('show contents as text, cut at 60 characters, or by checksum, and no secrets', async () => {
    const values = (one: Content, other: Content) => contrary(wants({ content: one }), wants({ content: other }))
    const [sixty, more] = ['x'.repeat(60), 'y'.repeat(61)]
    expect(await values(Content.of(sixty), Content.of(more))).to.deep.equal([said('AB', `content "${sixty}" and "${'y'.repeat(60)}…"`)])
    const known = Content.known('0123456789abcdef', 1)
    expect(await values(known, Content.of('secret', { secret: true }))).to.deep.equal([said('AB', 'content of SHA-256 0123456789ab… and <secret>')])
  })
})
