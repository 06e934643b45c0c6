import { expect } from 'chai'
import fc from 'fast-check'
import { systemdCommand, systemdEnvironment } from '../../lib/resources/systemd/quote.ts'
import { labHost, type SpecHost } from '../helpers/module-host.ts'
import { unitHostName } from '../helpers/unit-host.ts'

const text = fc.string({ unit: fc.constantFrom(...'ab $%"\'\\;|&{}~*?#=\t\n\r\u0001\u007fé☃,-:@!'), maxLength: 12 })

describe('quoting for unit files', function () {
  this.timeout(240_000)
  let host: SpecHost
  before(async () => (host = await labHost(unitHostName)))
  after(async () => {
    await host.sh('rm -f /run/systemd/system/quote.service /run/quote.*; systemctl daemon-reload')
  })

  /** Runs one service whose program prints its arguments and variables, each followed by a NUL. */
  const show = async (lines: string) => {
    const unit = Buffer.from(`[Service]\nType=oneshot\nStandardOutput=truncate:/run/quote.out\n${lines}\n`).toString('base64')
    await host.sh(`mkdir -p /run/systemd/system; echo ${unit} | base64 -d >/run/systemd/system/quote.service; systemctl daemon-reload; systemctl start quote.service`)
    return Buffer.from((await host.sh('base64 -w0 /run/quote.out')), 'base64').toString().split('\0').slice(0, -1)
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
