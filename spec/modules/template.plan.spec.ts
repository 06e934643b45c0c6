import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import { secret } from '../../lib/secret/secret.ts'
import { inTemporaryDirectory } from '../lib/shell/local-session.ts'
import { template } from '../../modules/template.ts'
import { desired, misuse, wrongArguments } from './plan-module.ts'

describe('template', () => {
  it('wants a file of what the template makes of the variables', () => inTemporaryDirectory(async directory => {
    const source = path.join(directory, 'motd.eta')
    writeFileSync(source, 'Welcome to <%= it.name %>.\n')
    expect(await desired(template({ path: '/etc/motd', source, vars: { name: 'web1 & co' }, mode: '0644' })))
      .to.deep.equal([['file /etc/motd', { type: 'file', content: 'Welcome to web1 & co.\n', mode: '0644' }]])
  }))

  it('keeps what a secret went into a secret', () => inTemporaryDirectory(async directory => {
    const source = path.join(directory, 'x.eta')
    writeFileSync(source, 'password: <%= it.password %>')
    expect((await desired(template({ path: '/x', source, vars: { password: secret('template-spec') } })))[0]?.[1]?.['content']).to.equal('<secret>')
  }))

  it('finds every wrong argument at once', () => {
    expect(wrongArguments(misuse(template, { path: 'x', source: '', vars: [], mode: 600, src: 'x' }))).to.deep.equal(['arguments', 'mode', 'path', 'source', 'vars'])
  })
})
