import { expect } from 'chai'
import fc from 'fast-check'
import { systemdCommand, systemdEnvironment } from '../../../../lib/resources/systemd/quote.ts'

// What systemd itself makes of them: spec/modules/systemd-quoting.spec.ts.
describe('quoting for unit files', () => {
  it('stays readable where nothing is special', () => {
    expect(systemdCommand(['/usr/bin/env', 'A=1', '--flag', '/etc/x.conf'])).to.equal('/usr/bin/env A=1 --flag /etc/x.conf')
    expect(systemdCommand(['/bin/echo', '100 %', '$HOME', ''])).to.equal('/bin/echo "100 %%" "$$HOME" ""')
    expect(systemdEnvironment({ LANG: 'C', GREETING: 'say "hi"' })).to.equal('"LANG=C" "GREETING=say \\"hi\\""')
  })

  it('is one line of printable text, so that nothing in it can start another setting (property)', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }).map(drawn => drawn.replaceAll('\0', '')), text => {
      expect(systemdCommand(['/bin/x', text])).not.to.match(/[\u0001-\u001f\u007f]/)
      expect(systemdEnvironment({ A: text.replace(/[\u0001-\u001f\u007f]/g, '\n') })).not.to.match(/[\u0001-\u001f\u007f]/)
    }))
  })

  it('refuses what systemd does not accept', () => {
    expect(() => systemdCommand(['/bin/echo', 'a\0b'])).to.throw(RangeError, 'NUL')
    for (const program of ['echo', '', '/bin/a b', '/bin/%n', '-/bin/true', '@/bin/true', '/bin/$x']) expect(() => systemdCommand([program]), program).to.throw(RangeError, 'absolute path')
    for (const name of ['1a', '', 'A B', 'A=', 'é']) expect(() => systemdEnvironment({ [name]: '' }), name).to.throw(RangeError, 'not a valid variable name')
    for (const value of ['\r', '\u0001', '\u007f']) expect(() => systemdEnvironment({ A: value })).to.throw(RangeError, 'control character')
    expect(() => systemdEnvironment({ A: '\0' })).to.throw(RangeError, 'NUL')
  })
})
