import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import { attributes } from '../../../lib/resources/attributes.ts'
import { inTemporaryDirectory } from '../shell/local-session.ts'

describe('attributes', () => {
  it('take a directory\'s setgid away when the mode says so, which chmod alone would keep', () => inTemporaryDirectory(async directory => {
    const place = path.join(directory, "it's")
    mkdirSync(place)
    chmodSync(place, 0o2775)
    execFileSync('sh', ['-c', attributes(place, { mode: '0750' }).text])
    expect((statSync(place).mode & 0o7777).toString(8)).to.equal('750')
  }))

  it('give the mode last, since a new owner clears setuid', () => {
    expect(attributes('/x', { owner: 'a', group: 'b', mode: '4755' }).text).to.equal('chown -- a:b /x; chmod 04755 -- /x')
  })

  it('touch nothing that is not said', () => {
    expect(attributes('/x', {}).text).to.equal(':; :')
    expect(attributes('/x', { group: 'b' }).text).to.equal('chown -- :b /x; :')
  })
})
