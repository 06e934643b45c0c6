import { expect } from 'chai'
import { clearJournal, parseJournal, readJournal, writeJournal } from '../../../lib/walk/journal.ts'

const listed = (...entries: string[]) => ({ stdout: Buffer.from(`${entries.join('\n')}\n`), stderr: '', exitCode: 0 })
const long = 'x'.repeat(300)

describe('The journal of handlers', () => {
  it('has the handlers of a playbook that are noted down, and of no other', () => {
    const found = parseJournal(listed('Site%3A%20Reload%20nginx', 'Other%3A%20Restart%20tor', 'Site%3A%20gone'), 'Site', ['Reload nginx', 'Restart tor', 'idle'])
    expect([...found]).to.deep.equal(['Reload nginx'])
    expect([...parseJournal(listed(), 'Site', ['Reload nginx', ''])]).to.deep.equal([])
  })

  it('keeps each as a file that is synced with its directory, which only root may look into', () => {
    expect(writeJournal('Site', ['a/b', 'it’s *']).text).to.equal(
      'mkdir -p -m 700 /var/lib/stead /var/lib/stead/notified && touch -- /var/lib/stead/notified/Site%3A%20a%2Fb /var/lib/stead/notified/Site%3A%20it%E2%80%99s%20%2A && sync -- /var/lib/stead/notified')
    expect(clearJournal('Site', 'a/b').text).to.equal('rm -f -- /var/lib/stead/notified/Site%3A%20a%2Fb')
    expect(readJournal.text).to.equal('ls -1 /var/lib/stead/notified 2>/dev/null || :')
  })

  it('has names that file systems take, and that differ where the handlers\' do', () => {
    const file = (handler: string) => clearJournal('Site', handler).text.slice('rm -f -- /var/lib/stead/notified/'.length)
    // encodeURIComponent('Site: ') is 10 characters long: these have 200, and 201.
    expect(file('x'.repeat(190))).to.equal(`Site%3A%20${'x'.repeat(190)}`)
    expect(file('x'.repeat(191))).to.match(/^Site%3A%20x{125}-[0-9a-f]{64}$/).and.have.length(200)
    expect(file(`${long}a`)).to.not.equal(file(`${long}b`))
    expect([...parseJournal(listed(file(`${long}a`)), 'Site', [`${long}a`, `${long}b`])]).to.deep.equal([`${long}a`])
  })
})
