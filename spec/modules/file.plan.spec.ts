import { expect } from 'chai'
import { Secret } from '../../lib/secret/secret.ts'
import { Content } from '../../lib/state/content.ts'
import { file } from '../../modules/file.ts'
import { desired, hostView, misuse, wantsOf, wrongArguments } from './plan-module.ts'

describe('file', () => {
  it('wants content, owner and mode as far as they are said', async () => {
    expect(await desired(file({ path: '/etc/motd', content: 'hi\n', mode: '644', group: 'adm' }))).to.deep.equal([['file /etc/motd', { type: 'file', content: 'hi\n', mode: '0644', group: 'adm' }]])
    expect(await desired(file({ path: '/etc/motd' }))).to.deep.equal([['file /etc/motd', { type: 'file' }]])
    expect(await desired(file({ path: '/etc/motd', state: 'absent' }))).to.deep.equal([['file /etc/motd', null]])
  })

  it('takes bytes as they are, and keeps a secret one', async () => {
    const bytes = Uint8Array.from([0, 255, 10])
    const plan = await file({ path: '/x', content: bytes }).plan(hostView())
    expect(plan.wants[0]?.desired?.['content']).to.deep.equal(Content.of(bytes))
    expect((await desired(file({ path: '/x', content: new Secret('file-spec-secret') })))[0]?.[1]?.['content']).to.equal('<secret>')
  })

  it('fetches the content that is there only when it differs', async () => {
    const [want] = wantsOf(await file({ path: '/x', content: 'a', validate: ['true', '%s'], parents: true }).plan(hostView()))
    expect(want?.key).to.deep.equal({
      path: '/x', content: { unless: Content.of('a').sha256 }, validate: ['true', '%s'], parents: true,
      source: undefined, noFollow: false, backup: false, replaceOther: false, inPlace: false, madeFrom: undefined,
    })
  })

  it('finds every wrong argument at once, and says what is allowed', () => {
    const call = misuse(file, { path: 'motd', mode: 644, owner: '', content: 7, validate: ['nginx', '-t'], contents: 'x' })
    expect(wrongArguments(call)).to.deep.equal(['arguments', 'content', 'mode', 'owner', 'path', 'validate'])
    expect(call.issues.find(({ argument }) => argument === 'mode')?.message).to.include("as in '0640'")
    for (const path of ['', 'a', '/a/./b', '/a/..', '/a\0b']) expect(wrongArguments(file({ path })), JSON.stringify(path)).to.deep.equal(['path'])
    for (const mode of ['64', '0999', '06440', 'u=foo', 'u+x go-w', 'u', 'x+r', '']) expect(wrongArguments(file({ path: '/x', mode })), mode).to.deep.equal(['mode'])
    for (const mode of ['644', '2755', 'u+x', 'u=rwX,go=rX', 'a=', 'o+t', 'g=u']) expect(wrongArguments(file({ path: '/x', mode })), mode).to.deep.equal([])
  })
})
