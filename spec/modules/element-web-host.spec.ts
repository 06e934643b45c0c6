import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import { Content } from '../../lib/state/content.ts'
import { elementWeb } from '../../modules/element-web.ts'
import { refused } from '../helpers/file-actions.ts'
import { fileHostName } from '../helpers/file-host.ts'
import { fourRounds } from '../helpers/four-rounds.ts'
import { changed, errorOf, labHost, type SpecHost } from '../helpers/module-host.ts'

const d = '/srv/element-spec'
const own = mkdtempSync(path.join(tmpdir(), 'element-spec-'))

describe('element-web, on a host', function () {
  this.timeout(180_000)
  let host: SpecHost
  /** Two releases, small ones, as the project packs them: all below one directory. */
  const releases: Buffer[] = []
  const release = (index: number, server = 'x.onion') => {
    const bytes = releases[index] ?? Buffer.alloc(0)
    const archive = path.join(own, `element-${index}.tar.gz`)
    const config = path.join(own, 'config.json.eta')
    writeFileSync(archive, bytes)
    writeFileSync(config, '{ "server": "<%= it.server %>" }\n')
    return elementWeb({ archive, sha256: Content.of(bytes).sha256, config, vars: { server }, directory: `${d}/element` })
  }
  before(async () => {
    host = await labHost(fileHostName)
    await host.sh(`rm -rf ${d}; mkdir -p ${d}/in/element-v1/bundles; cd ${d}/in; echo '<html>' >element-v1/index.html; echo '{}' >element-v1/config.json`)
    for (const version of ['1', '2']) releases.push(await host.bytes(`cd ${d}/in; echo 'bundle ${version}' >element-v1/bundles/a.js; tar -cz element-v1`))
  })
  after(() => rmSync(own, { recursive: true }))

  fourRounds({
    host: fileHostName, name: 'a release with its config',
    task: () => release(0),
    drift: `cd ${d}/element; echo changed >bundles/a.js; echo '{}' >config.json`,
    repaired: ['not as unpacked: bundles/a.js (changed) → (none)', '-{}\n+{ "server": "x.onion" }'],
    proof: `find ${d} -printf '%p %i %T@ %C@\\n'`, holds: `cd ${d}/element; find . -printf '%P %m %U\\n' | sort; cat bundles/a.js config.json`,
  })

  it('takes over no directory with other content, and says so in check mode', async () => {
    await host.sh(`rm -rf ${d}/element; mkdir ${d}/element; echo mine >${d}/element/f`)
    expect(await refused(host, release(0))).to.contain('contains something that is not from an archive')
    expect(errorOf(await host.check(release(0)))).to.contain('contains something that is not from an archive')
    expect(await host.sh(`cat ${d}/element/f; rm -r ${d}/element`)).to.equal('mine\n')
  })

  it('a new release is swapped in as a whole, and a new config is written alone', async () => {
    await host.apply(release(0))
    await host.sh(`echo 'left by hand' >${d}/element/bundles/old.js`)
    await host.apply(release(1))
    expect(await host.sh(`cd ${d}/element; cat bundles/*; cat config.json`)).to.equal('bundle 2\n{ "server": "x.onion" }\n')
    const bundle = await host.sh(`stat -c '%i %Z' ${d}/element/bundles/a.js`)
    expect(changed(await host.apply(release(1, 'y.onion')))).to.deep.equal([`file[${d}/element/config.json]`])
    expect(await host.sh(`stat -c '%i %Z' ${d}/element/bundles/a.js`)).to.equal(bundle)
    expect(changed(await host.apply(release(1, 'y.onion')))).to.deep.equal([])
  })
})
