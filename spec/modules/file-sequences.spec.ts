import { expect } from 'chai'
import fc from 'fast-check'
import { mkdtempSync, readFileSync, rmSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { ModuleCall } from '../../lib/resource.ts'
import { blockInFile } from '../../modules/block-in-file.ts'
import { directory } from '../../modules/directory.ts'
import { file } from '../../modules/file.ts'
import { lineInFile } from '../../modules/line-in-file.ts'
import { symlink } from '../../modules/symlink.ts'
import { template } from '../../modules/template.ts'
import { fileHostName } from '../helpers/file-host.ts'
import { expectForetold } from '../helpers/four-rounds.ts'
import { changed, diffs, errorOf, labHost, SpecHost } from '../helpers/module-host.ts'
import { seed } from '../helpers/seed.ts'

const templates = mkdtempSync(path.join(tmpdir(), 'files-templates-'))
const sources = ['', 'a\nk=<%= it.value %>', 'a\r\n<% for (const one of it.list) { %><%= one %>\n<% } %>'].map((text, index) => {
  const source = path.join(templates, `${index}.eta`)
  writeFileSync(source, text)
  return source
})

/** Bytes of any kind, and such as lines are often made of: CRLF, NUL, no UTF-8, a last line without end. */
const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 3000 }),
  fc.array(fc.constantFrom('a\n', 'b\r\n', '\n', 'k=1\n', '\0\n', '\xff\xfe\n', '\r', '\xe9', 'last'), { maxLength: 12 }).map(parts => Uint8Array.from(Buffer.from(parts.join(''), 'latin1'))),
)

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
    {
      weight: 2,
      arbitrary: fc.record({ name: inside, source: fc.constantFrom(...sources), value: fc.constantFrom('1', 'é'), newline: fc.constantFrom(undefined, '\n' as const, '\r\n' as const), encoding: fc.constantFrom('utf8' as const, 'latin1' as const), mode, replace: fc.boolean() })
        .map(({ name, value, ...given }) => template({ path: at(name), vars: { value, list: [value, 'b'] }, parents: true, ...given })),
    },
    fc.record({ name: fc.constantFrom('l1', 'l2'), target: fc.constantFrom('f1', 'd1', 'nowhere', '/etc') }).map(({ name, target }) => symlink({ path: at(name), target })),
    fc.constantFrom('l1', 'l2').map(name => symlink({ path: at(name), state: 'absent' })),
  ), { minLength: 1, maxLength: 6 })
}

/**
 * Check mode foretells the run, and each call finds nothing to do right after itself, checked or run. (Calls that contradict each other, as a
 * mode and then another, change something whenever all are run.)
 */
async function holds(host: SpecHost, calls: readonly ModuleCall<unknown>[]): Promise<void> {
  const work = calls.flatMap(call => [call, call])
  const check = await host.check(work)
  const applied = await host.run(work)
  expect(errorOf(applied)).to.equal(undefined)
  expect(errorOf(check)).to.equal(undefined)
  expectForetold(check, applied)
  const told = ({ tasks }: typeof check) => tasks.map(({ name, status, changes }) => ({ name, status, changes }))
  expect(told(check)).to.deep.equal(told(applied))
  expect(applied.tasks.filter((_, index) => index % 2 === 1).map(({ status }) => status), diffs(applied)).to.deep.equal(calls.map(() => 'ok'))
}

describe('[check 1] Any sequence of calls of file modules', function () {
  this.timeout(300_000)
  let root: string
  before(() => void (root = mkdtempSync(path.join(tmpdir(), 'files-sequences-'))))
  after(() => {
    for (const made of [root, templates]) rmSync(made, { recursive: true })
  })
  const local = new SpecHost({ name: 'local', groups: [], address: 'localhost', port: 22, user: 'root', connection: 'local', vars: {} }, '/')

  it('is foretold by check mode, and idempotent (this machine)', async () => {
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
    const host = await labHost(fileHostName)
    await host.sh('rm -rf /srv/sequences; mkdir -p /srv/sequences')
    for (const work of fc.sample(calls('/srv/sequences'), { numRuns: 10, seed: 1 })) await holds(host, work)
  })

  it('a file of any bytes arrives as it is, and is left alone afterwards', async () => {
    await fc.assert(fc.asyncProperty(anyBytes, async content => {
      const target = path.join(root, 'bytes')
      await local.apply(file({ path: target, content }))
      expect(readFileSync(target).equals(content)).to.equal(true)
      expect(changed(await local.apply(file({ path: target, content })))).to.deep.equal([])
    }), { numRuns: 20 })
  })

  it('a line and a block edited into a file of any bytes leave every other byte as it is, and so does taking them out', async () => {
    await fc.assert(fc.asyncProperty(anyBytes, async content => {
      const target = path.join(root, 'edited')
      const text = Buffer.from(content).toString('latin1')
      // A last line without end was given one, since something followed it.
      const left = [text, ...(text === '' || text.endsWith('\n') ? [] : [`${text}\n`, `${text}\r\n`])]
      /** What an edit put behind the bytes that were there. */
      const added = async (call: ModuleCall<unknown>): Promise<string> => {
        writeFileSync(target, content)
        await local.apply(call)
        const bytes = readFileSync(target)
        expect(bytes.subarray(0, content.length).equals(content), 'the bytes before').to.equal(true)
        expect(changed(await local.apply(call)), 'again').to.deep.equal([])
        return bytes.subarray(content.length).toString()
      }
      expect(await added(lineInFile({ path: target, line: 'the only ☃ line' }))).to.match(/^(\r?\n)?the only ☃ line\r?\n$/)
      await local.apply(lineInFile({ path: target, line: 'the only ☃ line', state: 'absent' }))
      expect(left, 'the line taken out').to.include(readFileSync(target).toString('latin1'))
      expect(await added(blockInFile({ path: target, block: 'one ☃\ntwo' }))).to.match(/^(\r?\n)?# BEGIN stead\r?\none ☃\r?\ntwo\r?\n# END stead\r?\n$/)
      await local.apply(blockInFile({ path: target, state: 'absent' }))
      expect(left, 'the block taken out').to.include(readFileSync(target).toString('latin1'))
    }), { numRuns: 15 })
  })
})
