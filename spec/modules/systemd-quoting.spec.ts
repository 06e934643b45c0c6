import { expect } from 'chai'
import fc from 'fast-check'
import { systemdCommand, systemdEnvironment } from '../../lib/quote/systemd.ts'
import { LabHostUnderTest } from '../helpers/host-under-test.ts'

const text = fc.string({ unit: fc.constantFrom(...'ab $%"\'\\;|&{}~*?#=\t\n\r\u0001\u007fé☃,-:@!'), maxLength: 12 })

describe('quoting for unit files', function () {
  this.timeout(120_000)
  let host: LabHostUnderTest
  before(async () => (host = await LabHostUnderTest.up('spec-cases-units')))
  after(async () => {
    await host.shell('rm -f /run/systemd/system/quote.service /run/quote.*; systemctl daemon-reload')
    host.close()
  })

  /** Runs one service whose program prints its arguments and variables, each followed by a NUL. */
  const show = async (lines: string) => {
    const unit = Buffer.from(`[Service]\nType=oneshot\nStandardOutput=truncate:/run/quote.out\n${lines}\n`).toString('base64')
    await host.shell(`mkdir -p /run/systemd/system; echo ${unit} | base64 -d >/run/systemd/system/quote.service; systemctl daemon-reload; systemctl start quote.service`)
    return Buffer.from((await host.shell('base64 -w0 /run/quote.out')), 'base64').toString().split('\0').slice(0, -1)
  }

  it('brings any words to the program as they are', async () => {
    await fc.assert(fc.asyncProperty(fc.array(text, { minLength: 30, maxLength: 60 }), async words => {
      expect(await show(`ExecStart=${systemdCommand(['/usr/bin/printf', '%s\\0', ...words])}`)).to.deep.equal(words)
    }), { numRuns: 5 })
  })
  it('brings any variables to the program as they are', async () => {
    const printable = text.map(given => given.replace(/[\r\u0001\u007f]/g, ''))
    await fc.assert(fc.asyncProperty(fc.array(printable, { minLength: 30, maxLength: 60 }), async values => {
      const variables = Object.fromEntries(values.map((value, index) => [`STEAD_${index}`, value]))
      const found = await show(`Environment=${systemdEnvironment(variables)}\nExecStart=/usr/bin/env -0`)
      expect(found.filter(line => line.startsWith('STEAD_')).sort()).to.deep.equal(Object.entries(variables).map(([name, value]) => `${name}=${value}`).sort())
    }), { numRuns: 5 })
  })
})
