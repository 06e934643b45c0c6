import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import { attributes } from '../../../../lib/resources/files/attributes.ts'
import { read } from '../../../../lib/shell/script.ts'
import { inTemporaryDirectory } from '../../shell/local-session.ts'

describe('attributes', () => {
  it('take a directory\'s setgid away when the mode says so, which chmod alone would keep', () => inTemporaryDirectory(async directory => {
    const place = path.join(directory, "it's")
    mkdirSync(place)
    chmodSync(place, 0o2775)
    execFileSync('sh', ['-c', attributes(read`"$1"`, { mode: '0750' }).text, 'sh', place])
    expect((statSync(place).mode & 0o7777).toString(8)).to.equal('750')
  }))

  it('give the mode last, since a new owner clears setuid', () => {
    const given = attributes(read`/x`, { owner: 'a', group: 'b', mode: '4755' }).text
    expect(given).to.match(/^chown -- a:b \/x .*\nchmod 04755 -- \/x /)
    expect(attributes(read`/x`, { owner: 'a' }, { type: 'file', mode: '4755' }).text).to.match(/^chown -- a \/x .*\nchmod 04755 -- \/x /)
  })

  it('touch nothing that is not said', () => {
    expect(attributes(read`/x`, {}).text).to.equal(':\n:')
    expect(attributes(read`/x`, { group: 'b' }, { type: 'file', mode: '1755' }).text).to.match(/^chown -- :b \/x .*\n:$/)
  })
})
