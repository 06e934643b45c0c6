import { expect } from 'chai'
import { apt } from '../../modules/apt.ts'
import { pipVenv } from '../../modules/pip-venv.ts'
import { changed, dropHost, errorOf, labHost, type SpecHost } from '../helpers/module-host.ts'

const name = 'spec-examples-pip'

describe('pip-venv, where its tools are gone', function () {
  this.timeout(240_000)
  let host: SpecHost
  const environment = () => pipVenv({ path: '/srv/venv', packages: ['six==1.16.0'] })

  before(async () => {
    host = await labHost(name)
    await host.apply([apt({ packages: ['python3-venv'] }), environment()])
  })

  after(() => dropHost(name))

  it('[pip 12] needs neither setuptools nor pip to count as complete, in check mode or not', async () => {
    await host.sh('cd /srv/venv; rm -r bin/pip*; cd lib/python3*/site-packages; rm -r pip* setuptools* pkg_resources _distutils_hack distutils-precedence.pth')
    expect(changed(await host.check(environment()), ['change', 'may-change'])).to.deep.equal([])
    expect(changed(await host.apply(environment()))).to.deep.equal([])
  })

  it('[pip 12] gets its pip back, and nothing else, when something has to be installed; warnings of pip are not failures', async () => {
    const wanted = pipVenv({ path: '/srv/venv', packages: ['six==1.15.0'] })
    const check = await host.check(wanted)
    expect(errorOf(check)).to.equal(undefined)
    expect(check.tasks[0]?.changes[0]?.diff).to.contain('six 1.16.0 does not satisfy ==1.15.0')
    expect(changed(await host.apply(wanted))).to.deep.equal(['venv[/srv/venv]'])
    expect(await host.sh('/srv/venv/bin/pip list --format=freeze --disable-pip-version-check')).to.contain('six==1.15.0').and.not.match(/==$/m)
    expect(changed(await host.apply(wanted))).to.deep.equal([])
  })
})
