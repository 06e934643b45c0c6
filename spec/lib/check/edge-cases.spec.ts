import { createServer, type Server } from 'node:http'
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { execa } from 'execa'
import { expect } from 'chai'
import { z } from 'zod'
import { blockInFile } from '../../../modules/block-in-file.ts'
import { archive } from '../../../modules/archive.ts'
import { command } from '../../../modules/command.ts'
import { directory } from '../../../modules/directory.ts'
import { file } from '../../../modules/file.ts'
import { generatedSecret } from '../../../modules/generated-secret.ts'
import { httpCheck } from '../../../modules/http-check.ts'
import { lineInFile } from '../../../modules/line-in-file.ts'
import { pipVenv } from '../../../modules/pip-venv.ts'
import { symlink } from '../../../modules/symlink.ts'
import { template } from '../../../modules/template.ts'
import { user } from '../../../modules/user.ts'
import type { ModuleCall } from '../../../lib/playbook/module.ts'
import { privateConnect } from '../../helpers/own-place.ts'
import { inTemporaryDirectory } from '../shell/local-session.ts'
import { runLocally, runOver, statuses, type Tasks } from '../run/local-run.ts'

/** Everything below a directory that a write would change: what each is, its inode, mode, times, and bytes. */
function trace(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).sort().map(name => {
    const at = path.join(root, name)
    const { ino, mode, mtimeMs, ctimeMs } = lstatSync(at)
    const what = lstatSync(at).isSymbolicLink() ? readlinkSync(at) : lstatSync(at).isFile() ? readFileSync(at, 'hex') : 'directory'
    return [name, ino, mode, mtimeMs, ctimeMs, what].join(' ')
  })
}

/** What a report says of its tasks, but for how long they took. */
const told = ({ tasks }: { tasks: { name: string; status: string; error?: string; changes: unknown[] }[] }) => tasks.map(({ name, status, error, changes }) => ({ name, status, error, changes }))

describe('[check 1, check 6] a check', () => {
  const modules: Record<string, { call: (place: string) => ModuleCall<unknown>; prepare?: (place: string) => void; drift: (place: string) => void }> = {
    'a file': { call: place => file({ path: `${place}/x`, content: 'one\ntwo\n', mode: '0640' }), drift: place => chmodSync(`${place}/x`, 0o600) },
    'a file with directories above it': { call: place => file({ path: `${place}/a/b/x`, content: 'one\n', parents: true }), drift: place => writeFileSync(`${place}/a/b/x`, 'drift\n') },
    'a copied file': { call: place => file({ path: `${place}/copy`, source: `${place}/from` }), prepare: place => writeFileSync(`${place}/from`, Buffer.from([0, 0xff, 0x0d, 0x0a])), drift: place => writeFileSync(`${place}/copy`, Buffer.from([0, 0xfe])) },
    'a template': { call: place => template({ path: `${place}/out`, source: `${place}/in.eta`, vars: { name: 'x' } }), prepare: place => writeFileSync(`${place}/in.eta`, 'name: <%= it.name %>\n'), drift: place => writeFileSync(`${place}/out`, 'name: y\n') },
    'a line': { call: place => lineInFile({ path: `${place}/x`, line: 'k=1', pattern: /^k=/, create: true }), drift: place => writeFileSync(`${place}/x`, 'a\r\nk=2\r\n') },
    'a block': { call: place => blockInFile({ path: `${place}/x`, block: 'a\nb', create: true }), drift: place => writeFileSync(`${place}/x`, 'before\n# BEGIN stead\na\n# END stead\nafter') },
    'a directory': { call: place => directory({ path: `${place}/a/b`, mode: '2750' }), drift: place => chmodSync(`${place}/a/b`, 0o755) },
    'a link': { call: place => symlink({ path: `${place}/l`, target: 'nowhere' }), drift: place => void (rmSync(`${place}/l`), writeFileSync(`${place}/other`, '')) },
    'an archive': { call: place => archive({ path: `${place}/out`, source: `${place}/a.tar` }), prepare: place => makeArchive(place), drift: place => writeFileSync(`${place}/out/inside`, 'drift') },
    'a secret made on the host': { call: place => generatedSecret({ path: `${place}/secret` }), drift: place => chmodSync(`${place}/secret`, 0o644) },
    'a command that makes something': { call: place => command({ argv: ['sh', '-c', `echo made >${place}/made`], creates: `${place}/made` }), drift: place => rmSync(`${place}/made`) },
  }

  const makeArchive = (place: string): void => {
    // A tar of one empty member, by ustar(5): its name, mode, owner, size, time, checksum and type, then two empty blocks.
    const head = Buffer.alloc(1536)
    for (const [at, text] of [[0, 'inside'], [100, '0000644'], [108, '0000000'], [116, '0000000'], [124, '00000000000'], [136, '00000000000'], [148, '        '], [156, '0'], [257, 'ustar\x0000']] as const) head.write(text, at, 'latin1')
    head.write(`${head.subarray(0, 512).reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `, 148)
    writeFileSync(`${place}/a.tar`, head)
  }

  for (const [name, { call, prepare, drift }] of Object.entries(modules)) {
    it(`of ${name} leaves no trace, predicts what the run then does, with a visible difference, and nothing after it`, () => inTemporaryDirectory(async place => {
      const host = `${place}/host`
      const work = `${place}/work`
      mkdirSync(work)
      prepare?.(work)
      const connect = privateConnect(host)
      // What mount(8) itself leaves in /run is not the run's.
      const traces = () => [...trace(work), ...trace(`${host}/lib`), ...readdirSync(`${host}/run`).filter(name => name !== 'mount')]
      const tasks: Tasks = ({ task }) => void task('it', call(work))
      for (const round of ['absent', 'drifted']) {
        if (round === 'drifted') drift(work)
        const before = traces()
        const foretold = await runOver(connect, tasks, { check: true })
        expect(traces(), `${round}: a trace`).to.deep.equal(before)
        expect(statuses(foretold), foretold.tasks[0]?.error).to.deep.equal(['it: change'])
        for (const { diff } of foretold.tasks.flatMap(({ changes }) => changes)) expect(diff, round).to.not.equal('')
        const ran = await runOver(connect, tasks)
        expect(told(ran), round).to.deep.equal(told(foretold))
        const after = trace(work)
        for (const check of [false, true]) expect(told(await runOver(connect, tasks, { check })), `${round}, again`).to.deep.equal([{ name: 'it', status: 'ok', error: undefined, changes: [] }])
        expect(trace(work), `${round}: written again`).to.deep.equal(after)
      }
    }))
  }
})

describe('[check 2] checkMode of a task', () => {
  it('true also works in a real run next to tasks that are applied; false reads for real in a check, and writes nothing even then', () => inTemporaryDirectory(async place => {
    const tasks: Tasks = ({ task }) => {
      task('dry', file({ path: `${place}/dry` }), { checkMode: true })
      const read = task('read', command({ argv: ['printf', 'as it is'], reads: true }), { checkMode: false })
      task('wet', async () => file({ path: `${place}/wet`, content: (await read).stdout }))
    }
    const check = await runLocally(tasks, { check: true })
    expect([statuses(check), readdirSync(place)]).to.deep.equal([['dry: may-change', 'read: ok', 'wet: change'], []])
    expect(check.tasks[2]?.changes[0]?.diff).to.include('+as it is')
    expect([statuses(await runLocally(tasks)), readdirSync(place), readFileSync(`${place}/wet`, 'utf8')]).to.deep.equal([['dry: may-change', 'read: ok', 'wet: change'], ['wet'], 'as it is'])
    const writes = await runLocally(({ task }) => void task('write', file({ path: `${place}/no` }), { checkMode: false }), { check: true })
    expect([statuses(writes), readdirSync(place)]).to.deep.equal([['write: failed'], ['wet']])
  }))
})

describe('[check 4] a check fails on what would fail:', () => {
  let server: Server
  let url = ''
  before(async () => {
    server = createServer((request, response) => response.writeHead(request.url === '/there' ? 200 : 404).end())
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  })
  after(() => new Promise(resolve => server.close(resolve)))

  const wrong: Record<string, [(place: string) => ModuleCall<unknown>, string]> = {
    'an owner who does not exist': [place => file({ path: `${place}/x`, owner: 'no-such-user-here' }), 'The user no-such-user-here does not exist on this host.'],
    'a group that does not exist': [place => directory({ path: `${place}/x`, group: 'no-such-group-here' }), 'The group no-such-group-here does not exist on this host.'],
    'a directory that is missing above a file': [place => file({ path: `${place}/no/x`, content: '' }), 'does not exist'],
    'a directory in the place of a file': [place => file({ path: `${place}/directory`, content: '' }), 'is a directory but should be a file'],
    'a file in the place of a directory': [place => directory({ path: `${place}/broken` }), 'is a file but should be a directory'],
    'a file to edit that does not exist': [place => lineInFile({ path: `${place}/no`, line: 'x' }), 'does not exist'],
    'markers out of order': [place => blockInFile({ path: `${place}/broken`, block: 'x' }), 'Line 1 '],
    'a file of the controller that does not exist': [place => file({ path: `${place}/x`, source: 'no-such-file' }), 'was not found'],
    'a template that asks for what it is not given': [place => template({ path: `${place}/x`, source: `${place}/wrong.eta` }), 'uses the variable "missing"'],
    'a checksum that does not fit': [place => archive({ path: `${place}/a`, source: `${place}/broken`, sha256: '0'.repeat(64) }), 'The checksum of'],
    'a URL that does not exist': [() => httpCheck({ url: `${url}/not-there`, timeoutSeconds: 1 }), '404'],
  }
  /** Of a task, or of the playbook as a whole where it is wrong whatever the host is like: then nothing of it was begun. */
  const said = ({ tasks: [task], error }: { tasks: { error?: string }[]; error?: string }) => (task?.error ?? error)?.replace(/^here(?: "wrong")?(?: [a-z-]+\[[^\]]*\])?: /, '')

  for (const [name, [call, words]] of Object.entries(wrong)) {
    it(`${name}, in the words of the run`, () => inTemporaryDirectory(async place => {
      mkdirSync(`${place}/directory`)
      writeFileSync(`${place}/broken`, '# END stead\n# BEGIN stead\n')
      writeFileSync(`${place}/wrong.eta`, '<%= it.missing %>')
      const before = trace(place)
      const [check, run] = [await runLocally(({ task }) => void task('wrong', call(place)), { check: true }), await runLocally(({ task }) => void task('wrong', call(place)))]
      expect([check.status, statuses(check)]).to.deep.equal(['failed', check.error === undefined ? ['wrong: failed'] : []])
      expect(said(check)).to.include(words)
      expect(said(run)).to.equal(said(check))
      expect(trace(place)).to.deep.equal(before)
    }))
  }

  it('and does not where nothing is wrong', async () => {
    expect((await runLocally(({ task }) => void task('there', httpCheck({ url: `${url}/there`, timeoutSeconds: 1 })), { check: true })).status).to.equal('ok')
  })
})

describe('[check 5] a check of tasks that need what earlier ones make', () => {
  it('foretells the owner, the directory, the environment and the file that are still to be made', () => inTemporaryDirectory(async place => {
    const report = await runLocally(({ task }) => {
      task('user', user({ name: 'no-such-user-here', system: true }))
      task('its directory', directory({ path: `${place}/home`, owner: 'no-such-user-here' }))
      task('its file', file({ path: `${place}/home/x`, content: 'one\n', owner: 'no-such-user-here', mode: '0644' }))
      task('a line in it', lineInFile({ path: `${place}/home/x`, line: 'two' }))
      task('the same line', lineInFile({ path: `${place}/home/x`, line: 'two' }))
      task('a link to it', symlink({ path: `${place}/link`, target: 'home/x' }))
      task('through the link', file({ path: `${place}/link`, mode: '0640' }))
      task('environment', pipVenv({ path: `${place}/venv`, packages: ['six==1.16.0'] }))
    }, { check: true })
    expect(report.tasks.map(({ error }) => error).filter(Boolean)).to.deep.equal([])
    expect(statuses(report)).to.deep.equal([
      'user: change', 'its directory: change', 'its file: change', 'a line in it: change', 'the same line: ok', 'a link to it: change', 'through the link: change', 'environment: change',
    ])
    expect(report.tasks[3]?.changes[0]?.diff).to.include(' one\n+two')
    expect(report.tasks[6]?.changes[0]?.diff).to.include('mode: 0644 → 0640')
    expect(readdirSync(place)).to.deep.equal([])
  }))
})

describe('[check 9] a difference', () => {
  it('shows a missing last newline, CRLF and their repair line by line, and the rest of the file not at all', () => inTemporaryDirectory(async place => {
    const shown = async (current: string | Buffer, desired: string | Buffer<ArrayBuffer>): Promise<string | undefined> => {
      writeFileSync(`${place}/x`, current, { mode: 0o644 })
      return (await runLocally(({ task }) => void task('x', file({ path: `${place}/x`, content: desired })), { check: true })).tasks[0]?.changes[0]?.diff
    }
    const head = (range: string) => `--- current\n+++ desired\n@@ ${range} @@\n`
    expect(await shown('a\nb', 'a\nb\n')).to.equal(`${head('-1,2 +1,2')} a\n-b\n\\ No newline at end of file\n+b`)
    expect(await shown('a\nb\n', 'a\nb')).to.equal(`${head('-1,2 +1,2')} a\n-b\n+b\n\\ No newline at end of file`)
    expect(await shown('a\r\nb\r\n', 'a\nb\r\n')).to.equal(`${head('-1,2 +1,2')}-a␍\n+a\n b␍`)
    expect(await shown('1\n2\n3\n4\n5\n6\n7\n8\n9\n', '1\n2\n3\n4\nfive\n6\n7\n8\n9\n')).to.equal(`${head('-2,7 +2,7')} 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8`)
    expect(await shown(Buffer.from([0xff, 0x0a]), Buffer.from([0xfe, 0x0a]))).to.match(/^content: 2 bytes, sha256 (\w{12})… → 2 bytes, sha256 (?!\1)\w{12}…$/)
    expect(await shown('text\n', Buffer.from([0, 1, 2]))).to.match(/^content: 5 bytes, sha256 \w{12}… → 3 bytes, sha256 \w{12}…$/)
    expect(await shown('', 'é\u202e\u001b[2J\n')).to.equal('--- current\n+++ desired\n@@ -0,0 +1 @@\n+é\\u202e\\x1b[2J')
  }))

  it('of files of 10 MB takes little memory, and does not fetch what is replaced as a whole', async function () {
    this.timeout(240_000)
    const place = mkdtempSync(path.join(tmpdir(), 'stead-spec-large-'))
    const shape = z.object({
      error: z.string().optional(), bytesReceived: z.number(), peak: z.number(),
      tasks: z.array(z.object({ name: z.string(), status: z.string(), error: z.string().optional(), diff: z.string() })),
    })
    const measure = async (bytes: number) => {
      const { stdout } = await execa(process.execPath, ['--max-old-space-size=128', '--import', 'tsx', path.join(import.meta.dirname, 'large-files.ts'), place, String(bytes)], { timeout: 60_000, maxBuffer: 20_000_000 })
      return shape.parse(JSON.parse(stdout))
    }
    try {
      const [small, large] = [await measure(100), await measure(10_000_000)]
      expect(large.error).to.equal(undefined)
      expect(large.tasks.map(({ status, error }) => error ?? status)).to.deep.equal(large.tasks.map(() => 'change'))
      const diffs = new Map(large.tasks.map(({ name, diff }) => [name, diff]))
      for (const name of ['text', 'binary', 'invalid']) expect(diffs.get(`${name} changed`), name).to.match(/^content: 10000000 bytes, sha256 \w{12}… → 10000000 bytes, sha256 \w{12}…$/)
      expect(diffs.get('text new')).to.match(/\n… \d+ more lines; as a whole \(none\) → 10000000 bytes, sha256 \w{12}…$/)
      expect(diffs.get('edited')).to.equal('--- current\n+++ desired\n@@ -1,3 +1,4 @@\n+one line more\n one line of a text\n one line of a text\n one line of a text')
      for (const [name, diff] of diffs) expect(diff.length, name).to.be.below(250_000)
      // One of the four is edited, so it is fetched, in base64; the others are not.
      expect(large.bytesReceived).to.be.below(14_000_000)
      // The seven contents themselves are 70 MB; the answer that brings one of them is 13 MB, held in a few forms. What is no longer held
      // is freed when the collector finds time for it, so the least of several peaks is what is needed.
      const peaks = [large.peak, (await measure(10_000_000)).peak, (await measure(10_000_000)).peak]
      expect((Math.min(...peaks) - small.peak) / 1e6, 'MB more').to.be.below(400)
    } finally {
      rmSync(place, { recursive: true })
    }
  })
})

describe('[check 10] what happens on every run', () => {
  it('is marked as such: a command without a visible effect, checked and run', () => inTemporaryDirectory(async place => {
    const tasks: Tasks = ({ task }) => void task('always', command({ argv: ['touch', `${place}/x`] }))
    for (const check of [true, false, false]) {
      const report = await runLocally(tasks, { check })
      expect(statuses(report)).to.deep.equal(['always: change'])
      expect(report.tasks[0]?.changes[0]?.diff).to.equal(`run touch ${place}/x (every time, since nothing shows whether it has run)`)
    }
  }))
})
