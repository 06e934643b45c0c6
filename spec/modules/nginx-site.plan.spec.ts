import { expect } from 'chai'
import { nginxSite } from '../../modules/nginx-site.ts'
import { desired, misuse, wrongArguments } from './plan-module.ts'

const site = 'nginx-site hello'
const content = 'server { }\n'

describe('nginx-site', () => {
  it('wants the site\'s file with the link to it', async () => {
    expect(await desired(nginxSite({ name: 'hello', content }))).to.deep.equal([
      [site, { content, mode: '0644', owner: 'root', group: 'root', enabledAs: '../sites-available/hello.conf' }],
    ])
  })

  it('[fault 56] is refused if nginx is not there and nothing installs it, in check mode as in a run', async () => {
    const none = { 'file /usr/sbin/nginx': null }
    await desired(nginxSite({ name: 'hello', content }), none).then(() => expect.fail('it was planned'), (error: unknown) => expect(String(error)).to.contain('nginx is not installed on this host'))
    expect(await desired(nginxSite({ name: 'hello', content }), none, { packagesPending: true })).to.have.length(1)
    expect(await desired(nginxSite({ name: 'hello', state: 'absent' }), none)).to.deep.equal([[site, null]])
  })

  it('keeps the file of a disabled site, and nothing of an absent one', async () => {
    expect(await desired(nginxSite({ name: 'hello', content, state: 'disabled' }))).to.deep.equal([[site, { content, mode: '0644', owner: 'root', group: 'root', enabledAs: '' }]])
    expect(await desired(nginxSite({ name: 'hello', state: 'absent' }))).to.deep.equal([[site, null]])
  })

  it('wants nothing of a disabled site of which there is nothing', async () => {
    expect(await desired(nginxSite({ name: 'hello', state: 'disabled' }))).to.deep.equal([[site, null]])
    expect(await desired(nginxSite({ name: 'hello', state: 'disabled' }), { [site]: { enabledAs: '../sites-available/hello.conf', debianDefault: 'there' } })).to.deep.equal([[site, { enabledAs: '' }]])
  })

  it('removes Debian\'s default site on request', async () => {
    expect((await desired(nginxSite({ name: 'hello', content, removeDefault: true }))).at(-1)?.[1]?.['debianDefault']).to.equal('removed')
    expect((await desired(nginxSite({ name: 'hello', state: 'absent', removeDefault: true }))).at(-1)).to.deep.equal(['file /etc/nginx/sites-enabled/default', null])
  })

  it('finds every wrong argument at once', () => {
    expect(wrongArguments(misuse(nginxSite, { name: '../x', content: 7, vars: 1, state: 'on', port: 80 }))).to.deep.equal(['arguments', 'content', 'name', 'state', 'vars'])
    expect(nginxSite({ name: 'x' }).issues.map(({ message }) => message)).to.deep.equal(['needs either content or source'])
    expect(nginxSite({ name: 'x', content: '', source: 'x' }).issues).to.have.length(1)
  })
})
