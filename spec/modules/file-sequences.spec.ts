import { expect } from 'chai'
import fc from 'fast-check'
import { mkdtempSync, readFileSync, rmSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { ModuleCall } from '../../lib/index.ts'
import { blockInFile } from '../../modules/block-in-file.ts'
import { directory } from '../../modules/directory.ts'
import { file } from '../../modules/file.ts'
import { lineInFile } from '../../modules/line-in-file.ts'
import { symlink } from '../../modules/symlink.ts'
import { expectForetold } from '../helpers/four-rounds.ts'
import { changed, diffs, dropHost, errorOf, labHost, SpecHost } from '../helpers/module-host.ts'

/** A call of a file module on paths below a root; names say what kind of thing they are for, so that no two calls contradict each other's kind. */
function calls(root: string): fc.Arbitrary<ModuleCall<unknown>[]> {
  const inside = fc.constantFrom('f1', 'f 2', 'd1/f3', "d1/d2/f'4")
  const folder = fc.constantFrom('d1', 'd1/d2', 'd3/d4')
  const mode = fc.constantFrom(undefined, '0600', '0644', '2755', 'u+x', 'go-w', 'g+s', 'a=r')
  const owner = fc.constantFrom(undefined, 'root', 'nobody', '65534', '0', '4711')
  const content = fc.oneof(fc.constantFrom(undefined, '', 'a\n', 'a\nb', 'a\r\nb\r\n'), fc.uint8Array({ maxLength: 40 }))
  const create = fc.constant(true)
  const at = (name: string) => `${root}/${name}`
  return fc.array(fc.oneof(
    { weight: 4, arbitrary: fc.record({ name: inside, content, mode, owner, replace: fc.boolean() }).map(({ name, ...given }) => file({ path: at(name), parents: true, ...given })) },
    fc.record({ name: inside }).map(({ name }) => file({ path: at(name), state: 'absent' })),
    { weight: 2, arbitrary: fc.record({ name: folder, mode, owner }).map(({ name, ...given }) => directory({ path: at(name), ...given })) },
    fc.record({ name: inside, line: fc.constantFrom('a', 'k=1', '$&'), pattern: fc.constantFrom(undefined, /^k=/, 'a'), create, mode }).map(({ name, ...given }) => lineInFile({ path: at(name), ...given })),
    fc.record({ name: inside, line: fc.constantFrom('a', 'b') }).map(({ name, line }) => lineInFile({ path: at(name), line, state: 'absent' })),
    fc.record({ name: inside, block: fc.constantFrom('x', 'x\ny', ''), create, prependNewline: fc.boolean() }).map(({ name, ...given }) => blockInFile({ path: at(name), ...given })),
    fc.record({ name: fc.constantFrom('l1', 'l2'), target: fc.constantFrom('f1', 'd1', 'nowhere', '/etc') }).map(({ name, target }) => symlink({ path: at(name), target })),
    fc.constantFrom('l1', 'l2').map(name => symlink({ path: at(name), state: 'absent' })),
  ), { minLength: 1, maxLength: 6 })
}

/** Check mode foretells the run. Calls that contradict each other (a mode, then another) change something on every run; alone, each settles. */
async function holds(host: SpecHost, work: readonly ModuleCall<unknown>[]): Promise<void> {
  const check = await host.check(work)
  const applied = await host.run(work)
  expect(errorOf(applied)).to.equal(undefined)
  expect(errorOf(check)).to.equal(undefined)
  expectForetold(check, applied)
  expect(check.tasks.map(({ status }) => status), diffs(applied)).to.deep.equal(applied.tasks.map(({ status }) => status))
  const last = work.slice(-1)
  expect(changed(await host.run(last)), 'the last one again').to.deep.equal([])
}

describe('Any sequence of calls of file modules', function () {
  this.timeout(300_000)
  let root: string
  before(() => void (root = mkdtempSync(path.join(tmpdir(), 'files-sequences-'))))
  after(() => rmSync(root, { recursive: true }))
  const local = new SpecHost({ name: 'local', groups: [], address: 'localhost', port: 22, user: 'root', connection: 'local', vars: {} }, '/')

  it('is foretold by check mode, and idempotent (this machine)', async () => {
    const seed = Number(process.env.STEAD_SEED ?? Date.now() % 2 ** 31)
    for (let count = 0; count < Number(process.env.STEAD_RUNS ?? 10); count += 1) {
      const own = path.join(root, String(count))
      mkdirSync(own)
      for (const work of fc.sample(calls(own), { numRuns: 3, seed: seed + count })) {
        try {
          await holds(local, work)
        } catch (error) {
          throw new Error(`With seed ${seed + count}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
        }
      }
    }
  })

  it('is foretold by check mode, and idempotent (a lab host)', async () => {
    const host = await labHost('spec-files')
    try {
      await host.sh('rm -rf /srv/sequences; mkdir -p /srv/sequences')
      for (const work of fc.sample(calls('/srv/sequences'), { numRuns: 10, seed: 1 })) await holds(host, work)
    } finally {
      await dropHost('spec-files')
    }
  })

  it('a file of any bytes arrives as it is, and is left alone afterwards', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), async content => {
      const target = path.join(root, 'bytes')
      await local.apply(file({ path: target, content }))
      expect(readFileSync(target).equals(content)).to.equal(true)
      expect(changed(await local.apply(file({ path: target, content })))).to.deep.equal([])
    }), { numRuns: 20 })
  })
})
