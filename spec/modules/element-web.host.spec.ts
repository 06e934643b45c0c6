import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import { elementStandIn } from '../../lab/element-stand-in.ts'
import { elementWeb } from '../../modules/element-web.ts'
import { fourRounds } from '../helpers/four-rounds.ts'
import { changed, dropHost, labHost } from '../helpers/module-host.ts'

const name = 'spec-cases-element'

describe('element-web', function () {
  this.timeout(120_000)
  const { bytes, sha256 } = elementStandIn()
  let local = ''
  const web = (server: string) => elementWeb({ archive: path.join(local, 'element.tar.gz'), sha256, config: path.join(local, 'config.json.eta'), vars: { server } })
  before(() => {
    local = mkdtempSync(path.join(tmpdir(), 'stead-element-'))
    writeFileSync(path.join(local, 'element.tar.gz'), bytes)
    writeFileSync(path.join(local, 'config.json.eta'), '{ "default_server_config": { "m.homeserver": { "base_url": "http://<%= it.server %>" } } }\n')
  })
  after(() => {
    rmSync(local, { recursive: true, force: true })
    return dropHost(name)
  })

  fourRounds({
    host: name, name: 'a release with its config.json', task: () => web('a.onion'),
    drift: 'cd /var/www/element; rm index.html; echo "{}" >config.json', repaired: ['whole: false → true', 'a.onion'],
    proof: 'find /var/www -printf "%p %i %T@ %C@\\n" | sort', holds: 'cd /var/www/element; find . ! -name .stead-archive -printf "%P %m %u\\n" | sort; cat config.json index.html',
  })

  // In a suite of its own, since mocha runs the cases of a suite before the suites in it.
  describe('once it is there', () => it('changes config.json alone when only its variables changed', async () => {
    const host = await labHost(name)
    const before = await host.sh('stat -c "%i %Z" /var/www/element/index.html')
    expect(changed(await host.apply(web('b.onion')))).to.deep.equal(['file[/var/www/element/config.json]'])
    expect(await host.sh('stat -c "%i %Z" /var/www/element/index.html')).to.equal(before)
    expect(await host.sh('cat /var/www/element/config.json')).to.contain('http://b.onion')
  }))
})
