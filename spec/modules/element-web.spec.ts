import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import { Content } from '../../lib/state/content.ts'
import { elementWeb } from '../../modules/element-web.ts'
import { inTemporaryDirectory } from '../lib/shell/local-session.ts'
import { desired, hostView, misuse, wantsOf, wrongArguments } from './plan-module.ts'

const failure = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'it did not reject', (error: unknown) => String(error))
const sha256 = Content.of('an archive').sha256

/** An archive and a template of config.json. */
const withFiles = (config: string, work: (files: { archive: string; config: string }) => Promise<void>): Promise<void> => inTemporaryDirectory(async directory => {
  const files = { archive: path.join(directory, 'element.tar.gz'), config: path.join(directory, 'config.json.eta') }
  writeFileSync(files.archive, 'an archive')
  writeFileSync(files.config, config)
  await work(files)
})

describe('element-web', () => {
  it('wants the archive unpacked, then its config.json, which the archive does not replace', () => withFiles('{"server": "<%= it.server %>"}', async ({ archive, config }) => {
    const call = elementWeb({ archive, sha256: sha256.toUpperCase(), config, vars: { server: 'x.onion' }, directory: '/srv/element' })
    expect(await desired(call)).to.deep.equal([
      ['archive /srv/element', { sha256, whole: true }],
      ['file /srv/element/config.json', { type: 'file', content: '{"server": "x.onion"}', mode: '0644', owner: 'root', group: 'root' }],
    ])
    const [want] = wantsOf(await call.plan(hostView()))
    expect(want?.key).to.deep.include({ keep: ['config.json'], strip: 1 })
  }))

  it('lets the host fetch a URL, through a proxy where one is given', () => withFiles('{}', async ({ config }) => {
    const [want] = wantsOf(await elementWeb({ archive: 'https://example.org/e.tar.gz', sha256, config, socks: '127.0.0.1:9050', directory: '/srv/element' }).plan(hostView()))
    expect(want?.key).to.deep.include({ source: { url: 'https://example.org/e.tar.gz', socks: '127.0.0.1:9050' } })
  }))

  it('refuses an archive of another checksum before it goes anywhere', () => withFiles('{}', async ({ archive, config }) => {
    expect(await failure(elementWeb({ archive, sha256: '0'.repeat(64), config }).plan(hostView()))).to.include(`is ${sha256} but should be 000`)
  }))

  it('refuses a config that is not valid JSON', () => withFiles('{"a": }', async ({ archive, config }) => {
    expect(await failure(elementWeb({ archive, sha256, config }).plan(hostView()))).to.include('does not render to JSON')
  }))

  it('finds every wrong argument at once', () => {
    expect(wrongArguments(misuse(elementWeb, { archive: '', sha256: 'abc', directory: 'www', config: '', socks: 'x', version: 1 }))).to.deep.equal(['archive', 'arguments', 'config', 'directory', 'sha256', 'socks'])
  })
})
