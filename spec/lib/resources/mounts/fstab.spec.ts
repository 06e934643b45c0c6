import { expect } from 'chai'
import fc from 'fast-check'
import { fstabLine, mergeFstab, parseFstabLine, type FstabEntry } from '../../../../lib/resources/mounts/fstab.ts'

const bytewise = (text: string) => Buffer.from(text, 'utf8').toString('latin1')
const field = fc.string({ minLength: 1, unit: 'binary' }).filter(text => !text.includes('\0'))
const option = field.filter(text => !text.includes(','))
const paths = field.map(text => `/${text.replace(/^\/+|\/+$/g, '')}x`)
const entries = fc.record<FstabEntry>({ source: field, path: paths, type: field, options: fc.array(option, { minLength: 1 }), dump: fc.constantFrom(0, 1), pass: fc.constantFrom(0, 1, 2) })
const others = fc.array(fc.constantFrom('# a comment', '', '  ', 'UUID=1 / ext4 errors=remount-ro 0 1', '\tnone none swap sw', 'proc', '/dev/sd\u00e9 /b\\040c vfat'))

describe('lines of fstab', () => {
  it('are written and read back the same, whatever is in their fields', () => {
    fc.assert(fc.property(entries, entry => {
      const line = fstabLine(entry)
      expect(line).to.not.match(/[\n\t]/)
      expect(line.split(' ')).to.have.length(6)
      expect(parseFstabLine(line)).to.deep.equal(entry)
    }))
  })

  it('are read as fstab(5) has them: escapes, defaults, comments, a slash at the end', () => {
    expect(parseFstabLine('  /dev/sda1\t/srv/a\\040b\\134/  ext4\n')).to.deep.equal({ source: '/dev/sda1', path: '/srv/a b\\', type: 'ext4', options: ['defaults'], dump: 0, pass: 0 })
    expect(parseFstabLine('LABEL=x / ext4 ro,nofail 1 2')).to.deep.equal({ source: 'LABEL=x', path: '/', type: 'ext4', options: ['ro', 'nofail'], dump: 1, pass: 2 })
    for (const line of ['', '# /dev/sda1 /srv ext4', '  #a b c', 'two fields']) expect(parseFstabLine(line), line).to.equal(undefined)
  })

  it('are merged once: every other byte stays, a second time changes nothing, and what is taken out is gone', () => {
    fc.assert(fc.property(others, entries, fc.boolean(), (lines, entry, ends) => {
      const text = bytewise(lines.join('\n')) + (ends ? '\n' : '')
      const merged = mergeFstab(text, entry.path, entry)
      expect(merged.startsWith(text)).to.equal(true)
      expect(mergeFstab(merged, entry.path, entry)).to.equal(merged)
      expect(mergeFstab(merged, entry.path, null)).to.be.oneOf([text, `${text}\n`])
      const changed = { ...entry, options: [...entry.options, 'noauto'] }
      expect(mergeFstab(merged, entry.path, changed)).to.equal(mergeFstab(text, entry.path, changed))
    }))
  })

  it('a line that says the same in another spelling stays as it is', () => {
    const text = 'tmpfs\t/srv/\ttmpfs\n'
    expect(mergeFstab(text, '/srv', { source: 'tmpfs', path: '/srv', type: 'tmpfs', options: ['defaults'], dump: 0, pass: 0 })).to.equal(text)
  })
})
