import { expect } from 'chai'
import { nginxSite } from '../../modules/nginx-site.ts'
import { desired, misuse, wrongArguments } from './plan-module.ts'

const available = 'file /etc/nginx/sites-available/hello.conf'
const enabled = 'file /etc/nginx/sites-enabled/hello.conf'
const content = 'server { }\n'

describe('nginx-site', () => {
  it('wants the site\'s file before the link to it', async () => {
    expect(await desired(nginxSite({ name: 'hello', content }))).to.deep.equal([
      [available, { type: 'file', content, mode: '0644', owner: 'root', group: 'root' }], [enabled, { type: 'link', target: '../sites-available/hello.conf' }],
    ])
  })

  it('keeps the file of a disabled site, and neither of an absent one, whose link goes first', async () => {
    expect((await desired(nginxSite({ name: 'hello', content, state: 'disabled' }))).map(([name, state]) => [name, state && state['type']])).to.deep.equal([[available, 'file'], [enabled, null]])
    expect(await desired(nginxSite({ name: 'hello', state: 'absent' }))).to.deep.equal([[enabled, null], [available, null]])
  })

  it('removes Debian\'s default site when it is told to', async () => {
    expect((await desired(nginxSite({ name: 'hello', content, removeDefault: true }))).at(-1)).to.deep.equal(['file /etc/nginx/sites-enabled/default', null])
  })

  it('finds every wrong argument at once', () => {
    expect(wrongArguments(misuse(nginxSite, { name: '../x', content: 7, vars: 1, state: 'on', port: 80 }))).to.deep.equal(['arguments', 'content', 'name', 'state', 'vars'])
    expect(nginxSite({ name: 'x' }).issues.map(({ message }) => message)).to.deep.equal(['needs either content or source'])
    expect(nginxSite({ name: 'x', content: '', source: 'x' }).issues).to.have.length(1)
  })
})
