import { expect } from 'chai'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { secret } from '../../lib/index.ts'
import { template } from '../../modules/template.ts'
import { refused, settle } from '../helpers/file-actions.ts'
import { fileHostName } from '../helpers/file-host.ts'
import { fourRounds } from '../helpers/four-rounds.ts'
import { changed, errorOf, labHost, type SpecHost } from '../helpers/module-host.ts'

const name = fileHostName
const d = '/srv/template-spec'
const own = mkdtempSync(path.join(tmpdir(), 'files-template-'))

describe('template', function () {
  this.timeout(240_000)
  let host: SpecHost
  let local: string
  before(async () => {
    local = mkdtempSync(path.join(tmpdir(), 'files-template-'))
    host = await labHost(name)
    await host.sh(`rm -rf ${d}; mkdir -p ${d}`)
  })
  after(() => {
    rmSync(local, { recursive: true })
    rmSync(own, { recursive: true })
  })

  fourRounds({
    host: name, name: 'a template', prepare: `mkdir -p ${d}; rm -f ${d}/four`,
    task: () => {
      writeFileSync(path.join(own, 'four.eta'), '<% for (const name of it.names) { %>\nHello <%= name %>.\n<% } %>')
      return template({ path: `${d}/four`, source: path.join(own, 'four.eta'), vars: { names: ['a', 'b'] }, mode: '0644' })
    },
    drift: `echo x >>${d}/four; chown nobody ${d}/four; chown root ${d}/four`, repaired: ['-x'], proof: `stat -c '%i %Y %Z' ${d} ${d}/four`, holds: `cat ${d}/four; stat -c '%a %U' ${d}/four`,
  })

  const from = (text: string, given: Omit<Parameters<typeof template>[0], 'path' | 'source'> = {}, source = `t-${Math.random()}.eta`) => {
    writeFileSync(path.join(local, source), text)
    return template({ path: `${d}/out`, source: path.join(local, source), ...given })
  }

  it('[copy 10] writes the requested newline and encoding, and an empty file for an empty template', async () => {
    await settle(host, from('a\nb\r\n<%= it.x %>', { vars: { x: 'c\n' }, newline: '\r\n' }))
    expect(host.bytesOf(`${d}/out`).toString()).to.equal('a\r\nb\r\nc\r\n')
    await settle(host, from('é\n', { encoding: 'latin1' }))
    expect([...host.bytesOf(`${d}/out`)]).to.deep.equal([0xe9, 10])
    await settle(host, from(''))
    expect(host.bytesOf(`${d}/out`)).to.have.length(0)
    expect(await refused(host, from('日', { encoding: 'latin1' }))).to.contain('cannot be written in latin1')
  })

  it('[copy 11] a name of a template or of a file is never evaluated', async () => {
    await settle(host, from('x', { }, "café $(id) <%= 1 %>;exit 1 %n.eta"))
    expect(host.bytesOf(`${d}/out`).toString()).to.equal('x')
  })

  for (const [what, text, line, part] of [
    ['an undefined variable', 'a\n\nb <%= it.missing %>\n', 3, 'uses the variable "missing", but was given x, deep, on'],
    ['an undefined part of a variable', 'a\n<%= it.deep.missing %>\n', 2, 'the value here is undefined'],
    ['wrong syntax', 'a\n\n\n<% if (it.x { %>\n', 4, 'Unexpected token'],
    ['a tag without end', 'a\n<%= it.x\n', 2, 'unclosed tag'],
  ] as const) {
    it(`[copy 12] ${what} fails before anything is written, with the line`, async () => {
      await host.sh(`echo old >${d}/out`)
      const error = await refused(host, from(text, { vars: { x: 1, deep: {}, on: false } }, `named-${line}-${part.length}.eta`))
      expect(error).to.contain(`.eta, line ${line}: `).and.contain(part)
      expect(host.bytesOf(`${d}/out`).toString()).to.equal('old\n')
    })
  }

  it('[copy 2, copy 3] writes through a link; leaves existing content if replace is false', async () => {
    await host.sh(`cd ${d}; rm -f out; echo old >real; ln -s real out`)
    expect(changed(await host.apply(from('new\n', { replace: false })))).to.deep.equal([])
    await settle(host, from('new\n'))
    expect(await host.sh(`cd ${d}; readlink out; cat real; rm out`)).to.equal('real\nnew\n')
  })

  it('[check 8] inserts secrets from any depth, and shows neither them nor old lines', async () => {
    await host.sh(`printf 'user: me\\npassword: older-secret\\n' >${d}/out`)
    const call = () => from('user: me\npassword: <%= it.db.password %>\njson: <%~ JSON.stringify(it.db) %>\n', { vars: { db: { password: secret('newer-secret') } } })
    const report = await settle(host, call())
    expect(host.bytesOf(`${d}/out`).toString()).to.equal('user: me\npassword: newer-secret\njson: {"password":"newer-secret"}\n')
    expect(JSON.stringify(report)).to.contain('user: me').and.contain('+password: <secret>').and.not.match(/newer-secret|older-secret/)
  })

  it('says where it looked for a template that does not exist', async () => {
    expect(errorOf(await host.run(template({ path: `${d}/out`, source: 'nowhere.eta' })))).to.contain('nowhere.eta was not found')
  })
})
