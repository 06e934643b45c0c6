import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import type { LabHost } from '../helpers/lab-host.ts'
import { blankHosts } from '../helpers/lab-lifecycle.ts'
import { Stead } from '../helpers/run-stead.ts'
import { WorkDirectory } from '../helpers/work-directory.ts'

/** Every byte there is, and what a shell, a terminal or a line-based protocol could stumble over. */
const awkward = Buffer.concat([Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)), Buffer.from('\r\n$(id)`id`\'"\\\n\nstead-0123456789abcdef 0\n\nstead'), Buffer.from([0xc3, 0x28, 0xff, 0xfe, 0])])

/** Contents by the names of their files, which lie in /srv. */
const contents: Record<string, Buffer> = {
  'empty': Buffer.alloc(0),
  'a line without an end': Buffer.from('no newline here'),
  'every byte.bin': awkward,
  '300 kB.bin': Buffer.concat([awkward, randomBytes(300_000)]),
  '50 MB.bin': Buffer.concat([awkward, randomBytes(50_000_000)]),
  'it\'s "quoted", $(touch pwned) `touch pwned` ; & * ? [a] \\ ~ é 😀': Buffer.from('a name with spaces and quotes\n'),
  'a name of\ntwo lines': Buffer.from('a name with a newline in it\n'),
  'a name that ends with a newline\n': Buffer.from('not the file of the same name without it\n'),
  '-rf': Buffer.from('a name like an option\n'),
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

describe('Files of any size, content and name', function () {
  this.timeout(180_000)

  const work = new WorkDirectory('content')
  const stead = new Stead(work)
  const inventory = work.inventory('one.ts', { 'spec-carol': { groups: ['web'] } })
  const sources = Object.entries(contents).map(([name, bytes], index) => ({ name, file: work.write(`content-${index}`, bytes) }))
  const playbook = work.write('playbook.ts', `
import { readFileSync } from 'node:fs'
import { playbook } from '<project>/lib/index.ts'
import { file } from '<project>/modules/file.ts'

export default playbook({
  name: 'Contents', hosts: 'web',
  tasks({ task }) {
    for (const { name, file: source } of ${JSON.stringify(sources)}) {
      task(name.replaceAll('\\n', ' ').trim(), file({ path: '/srv/' + name, content: readFileSync(source), mode: '0640' }))
    }
  },
})
`)
  let host: LabHost

  before(async function () {
    this.timeout(600_000)
    host = (await blankHosts('spec-carol'))['spec-carol']
  })

  after(() => work.remove())

  it('arrive exactly as they are, up to 50 MB', async () => {
    const run = await stead.run(playbook, inventory)
    expect(run.status, run.told).to.equal(0)
    expect(run.notOk('spec-carol')).to.have.length(sources.length)
    expect((await host.run("cd /srv && find . -mindepth 1 -printf '%P\\0'")).split('\0').filter(Boolean).sort()).to.deep.equal(Object.keys(contents).sort())
    for (const [name, bytes] of Object.entries(contents)) {
      const found = readFileSync(path.join(host.root, 'srv', name))
      expect([name, found.length, sha256(found)]).to.deep.equal([name, bytes.length, sha256(bytes)])
    }
    expect(await host.run('ls /')).not.to.include('pwned')
    // Asked of the host itself as well, not only of its disk.
    expect(await host.run("sha256sum </srv/'50 MB.bin'")).to.equal(`${sha256(contents['50 MB.bin'] ?? Buffer.alloc(0))}  -`)
  })

  it('are found as they should be by the next run, in one round trip and without being sent or fetched', async () => {
    const again = await stead.run(playbook, inventory)
    expect(again.status, again.told).to.equal(0)
    expect(again.notOk('spec-carol'), again.told).to.deep.equal([])
    const { roundTrips, bytesSent, bytesReceived } = again.host('spec-carol')
    expect(roundTrips).to.equal(1)
    expect(bytesSent + bytesReceived).to.be.below(50_000)
  })

  it('are repaired exactly where a single byte is another one', async () => {
    for (const name of ['50 MB.bin', '300 kB.bin', 'a name of\ntwo lines']) {
      const file = path.join(host.root, 'srv', name)
      const bytes = readFileSync(file)
      const middle = bytes.length >> 1
      bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle)
      writeFileSync(file, bytes)
    }
    const damaged = ['300 kB.bin', '50 MB.bin', 'a name of two lines']
    const found = await stead.run(playbook, inventory, '--check')
    expect([found.status, found.notOk('spec-carol')], found.told).to.deep.equal([2, damaged])
    const repaired = await stead.run(playbook, inventory)
    expect([repaired.status, repaired.notOk('spec-carol')], repaired.told).to.deep.equal([0, damaged])
    for (const [name, bytes] of Object.entries(contents)) expect(sha256(readFileSync(path.join(host.root, 'srv', name))), name).to.equal(sha256(bytes))
  })
})
