import { existsSync } from 'node:fs'
import { expect } from 'chai'
import { z } from 'zod'
import { defineModule, want } from '../../../lib/resource.ts'
import { apply, read } from '../../../lib/shell/script.ts'
import type { Resource } from '../../../lib/state/resource.ts'
import { command } from '../../../modules/command.ts'
import { file } from '../../../modules/file.ts'
import { loadResources, type NamedResource } from '../../helpers/recorded-case.ts'
import { runOver, statuses, type Tasks } from '../run/local-run.ts'
import { inTemporaryDirectory, privateConnect } from '../shell/local-session.ts'

/** A resource as somebody else writes it, who knows nothing of check mode: whether a path is there. It makes another path along with it. */
const thing: Resource<{ path: string }, { readonly there: true }, { there: true }> = {
  kind: 'thing',
  schema: z.strictObject({ there: z.literal(true) }),
  identify: ({ path }) => `at ${path}`,
  read: keys => ({
    script: read`for p in ${keys.map(({ path }) => path)}; do [ -e "$p" ]; echo $?; done`,
    parse: ({ stdout }) => stdout.toString().trim().split('\n').map(line => (line === '0' ? { there: true } : null)),
  }),
  apply: ({ path }) => ({ script: apply`touch ${path} ${`${path}.too`}` }),
}
const things = (resource: typeof thing) => defineModule({ name: 'thing', args: z.strictObject({ path: z.string() }), plan: ({ path }) => ({ wants: [want(resource, { path }, { there: true })] }) })

describe('a check with a resource that is not stead\'s own', () => {
  const connect = (place: string) => privateConnect(`${place}/host`)
  const reasons = ({ tasks }: { tasks: { changes: { reason?: string }[] }[] }) => tasks.flatMap(({ changes }) => changes.map(({ reason }) => reason ?? 'certain'))

  it('[fault 62] is certain of it if nothing changes before, and otherwise says that it does not know, and why', () => inTemporaryDirectory(async place => {
    const alone: Tasks = ({ task }) => void task('thing', things(thing)({ path: `${place}/thing` }))
    expect(statuses(await runOver(connect(place), alone, { check: true }))).to.deep.equal(['thing: change'])
    const behind: Tasks = ({ task }) => {
      task('file', file({ path: `${place}/file`, content: 'x' }))
      task('thing', things(thing)({ path: `${place}/file` }))
    }
    const check = await runOver(connect(place), behind, { check: true })
    expect(statuses(check)).to.deep.equal(['file: change', 'thing: may-change'])
    expect(reasons(check)[1]).to.equal('thing does not say whether the changes above affect it')
    expect(statuses(await runOver(connect(place), behind)), 'it was right to doubt').to.deep.equal(['file: change', 'thing: ok'])
    expect(statuses(await runOver(connect(place), behind, { check: true }))).to.deep.equal(['file: ok', 'thing: ok'])
  }))

  it('[fault 62] is unsure about anything missing after it, since it may bring it', () => inTemporaryDirectory(async place => {
    const before: Tasks = ({ task }) => {
      task('thing', things(thing)({ path: `${place}/thing` }))
      task('too', things(thing)({ path: `${place}/thing.too` }))
      task('none', file({ path: `${place}/thing.too`, state: 'absent' }))
    }
    const check = await runOver(connect(place), before, { check: true })
    expect(statuses(check)).to.deep.equal(['thing: change', 'too: may-change', 'none: may-change'])
    expect(reasons(check)[1]).to.equal(`it may come with "thing[at ${place}/thing]", which is not known yet`)
    expect(statuses(await runOver(connect(place), before))).to.deep.equal(['thing: change', 'too: ok', 'none: change'])
    expect(existsSync(`${place}/thing.too`)).to.equal(false)
  }))

  it('[fault 62] trusts a resource that says what it brings, and that nothing else brings it', () => inTemporaryDirectory(async place => {
    const known: typeof thing = { ...thing, forecast: { sideEffects: ({ path }) => [{ kind: 'thing', identity: `at ${path}.too`, state: { there: true } }] } }
    const tasks: Tasks = ({ task }) => {
      task('command', command({ argv: ['true'] }))
      task('thing', things(known)({ path: `${place}/thing` }))
      task('too', things(known)({ path: `${place}/thing.too` }))
    }
    expect(statuses(await runOver(connect(place), tasks, { check: true }))).to.deep.equal(['command: change', 'thing: change', 'too: ok'])
    expect(statuses(await runOver(connect(place), tasks))).to.deep.equal(['command: change', 'thing: change', 'too: ok'])
  }))

  it('every resource of stead says so of itself', async () => {
    const { resources }: { resources: NamedResource[] } = await loadResources()
    expect(resources.filter(({ resource }) => resource.forecast === undefined).map(({ name }) => name)).to.deep.equal([])
  })
})
