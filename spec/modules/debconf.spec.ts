import { expect } from 'chai'
import { secret } from '../../lib/index.ts'
import { debconf } from '../../modules/debconf.ts'
import { aptHostName } from '../helpers/apt-host.ts'
import { fourRounds } from '../helpers/four-rounds.ts'
import { changed, diffs, labHost, type SpecHost } from '../helpers/module-host.ts'

const name = aptHostName
const ask = { package: 'made' }

describe('debconf', function () {
  this.timeout(240_000)
  let host: SpecHost
  before(async () => void (host = await labHost(name)))

  fourRounds({
    host: name, name: 'the answer to a question',
    task: () => debconf({ ...ask, question: 'made/text', type: 'string', value: 'ä "quoted" $HOME \\ back' }),
    prepare: 'echo PURGE | debconf-communicate made >/dev/null 2>&1 || :',
    drift: 'echo "made made/text string other" | debconf-set-selections',
    proof: 'stat -c "%n %i %y %z" /var/cache/debconf/*',
    holds: 'debconf-show made',
    repaired: ['value: other → ä "quoted" $HOME \\ back'],
  })

  it('[apt 19] a password is ok at the second run, and is in no report', async () => {
    const call = (value: string) => debconf({ ...ask, question: 'made/password', type: 'password', value: secret(value) })
    const first = await host.apply(call('first pass phrase'))
    expect(changed(first)).to.deep.equal(['debconf[made/password]'])
    expect(changed(await host.apply(call('first pass phrase')))).to.deep.equal([])
    const report = await host.apply(call('second pass phrase'))
    expect(diffs(report)).to.equal('debconf[made/password]\nvalue: <secret> (differs)')
    expect(JSON.stringify([first, report])).not.to.contain('pass phrase')
    expect(await host.sh('grep -h ^Value /var/cache/debconf/passwords.dat; stat -c %a /var/cache/debconf/passwords.dat')).to.equal('Value: second pass phrase\n600\n')
  })

  for (const value of ['', '# no comment', '  blanks around  ', 'ends in a backslash \\', 'a\\nb %s ${x} `id` $(id)', 'true']) {
    it(`arrives as it is: ${JSON.stringify(value)}, as text and as a password`, async () => {
      for (const call of [debconf({ ...ask, question: 'made/odd', type: 'string', value }), debconf({ ...ask, question: 'made/odd-password', type: 'password', value: secret(`${value}${value}`) })]) {
        await host.apply(call)
        expect(changed(await host.apply(call))).to.deep.equal([])
      }
      expect(await host.sh("sed -n '/^Name: made.odd$/,/^$/s/^Value: //p' /var/cache/debconf/config.dat")).to.equal(`${value}\n`)
    })
  }

  it('[apt 19] made/password and made/password1 are two questions', async () => {
    await host.apply(debconf({ ...ask, question: 'made/password1', type: 'password', value: secret('another phrase') }))
    expect(changed(await host.apply(debconf({ ...ask, question: 'made/password', type: 'password', value: secret('second pass phrase') })))).to.deep.equal([])
  })

  it('[apt 19] the choices of a multiselect are a set', async () => {
    expect(changed(await host.apply(debconf({ ...ask, question: 'made/many', type: 'multiselect', value: ['b', 'a'] })))).to.deep.equal(['debconf[made/many]'])
    expect(changed(await host.apply(debconf({ ...ask, question: 'made/many', type: 'multiselect', value: 'a, b' })))).to.deep.equal([])
    await host.sh('echo "made made/many multiselect b, a" | debconf-set-selections')
    expect(changed(await host.apply(debconf({ ...ask, question: 'made/many', type: 'multiselect', value: ['a', 'b'] })))).to.deep.equal([])
  })

  it('[apt 19] true, then FALSE, is a change; FALSE, then false, is not', async () => {
    const call = (value: boolean | string) => debconf({ ...ask, question: 'made/flag', type: 'boolean', value })
    expect(changed(await host.apply(call(true)))).to.deep.equal(['debconf[made/flag]'])
    expect(diffs(await host.apply(call('FALSE')))).to.contain('value: true → false')
    expect(changed(await host.apply(call(false)))).to.deep.equal([])
  })

  it('refuses a password that is not a secret', () => {
    expect(debconf({ ...ask, question: 'made/password', type: 'password', value: 'open' }).issues.map(({ argument }) => argument)).to.deep.equal(['value'])
  })
})
