import { expect } from 'chai'
import { apt } from '../../modules/apt.ts'
import { aptRepository } from '../../modules/apt-repository.ts'
import { Content } from '../../lib/resource.ts'
import { aptHostName } from '../helpers/apt-host.ts'
import { fourRounds } from '../helpers/four-rounds.ts'
import { changed, diffs, errorOf, labHost, type SpecHost } from '../helpers/module-host.ts'
import { makeRepository, repository } from '../helpers/package-repository.ts'

const name = aptHostName
const armoured = '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEXg==\n=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n'
const base = { uris: [`file:${repository}`], suites: ['stable'], components: ['main'], trusted: true }

describe('apt-repository', function () {
  this.timeout(240_000)
  let host: SpecHost

  before(async () => {
    host = await labHost(name)
    await host.sh(`${makeRepository([{ name: 'foo', version: '1.0.0', suite: 'stable' }, { name: 'other', version: '1', suite: 'testing' }])}\nrm -f /etc/apt/sources.list.d/* /etc/apt/keyrings/* /etc/apt/apt.conf.d/80made; apt-mark unhold foo >/dev/null 2>&1 || :; apt-get purge -y foo >/dev/null 2>&1 </dev/null || :`)
  })

  fourRounds({
    host: name, name: 'a source with its key',
    task: () => aptRepository({ ...base, name: 'made', signedBy: { key: armoured }, architectures: ['amd64'] }),
    drift: 'echo "Enabled: no" >>/etc/apt/sources.list.d/made.sources; chmod 600 /etc/apt/keyrings/made.asc',
    proof: 'stat -c "%n %i %y %z" /etc/apt/sources.list.d/* /etc/apt/keyrings/*',
    holds: 'cat /etc/apt/sources.list.d/made.sources /etc/apt/keyrings/made.asc; stat -c %a /etc/apt/keyrings/made.asc',
    repaired: ['-Enabled: no', 'mode: 0600 → 0644'],
  })

  fourRounds({
    host: name, name: 'a source whose key the host fetches',
    task: () => aptRepository({ ...base, name: 'fetched', signedBy: { url: 'file:///srv/key.asc', sha256: Content.of(armoured).sha256 } }),
    prepare: `printf '%s' '${armoured}' >/srv/key.asc`,
    drift: 'echo forged >>/etc/apt/keyrings/fetched.asc',
    proof: 'stat -c "%n %i %y %z" /etc/apt/sources.list.d/* /etc/apt/keyrings /etc/apt/keyrings/*',
    holds: 'cat /etc/apt/sources.list.d/fetched.sources /etc/apt/keyrings/fetched.asc; stat -c "%a %U" /etc/apt/keyrings/fetched.asc; ls /etc/apt/keyrings',
    repaired: ['fetched-file[/etc/apt/keyrings/fetched.asc]\nsha256: '],
  })

  it('[apt 21] "a b c" is a-b-c.sources; the same parameters in another order are ok; another mode alone is a change', async () => {
    const one = aptRepository({ name: 'a b c', uris: base.uris, suites: ['stable'], components: ['main'], types: ['deb', 'deb-src'], trusted: true, fields: { PDiffs: 'no', 'By-Hash': 'no' } })
    const other = aptRepository({ fields: { 'By-Hash': 'no', PDiffs: 'no' }, trusted: true, types: ['deb-src', 'deb'], components: ['main'], suites: ['stable'], uris: base.uris, name: 'a b c' })
    expect(changed(await host.apply(one))).to.deep.equal(['file[/etc/apt/sources.list.d/a-b-c.sources]'])
    expect(changed(await host.apply(other))).to.deep.equal([])
    const mode = aptRepository({ name: 'a b c', uris: base.uris, suites: ['stable'], components: ['main'], types: ['deb', 'deb-src'], trusted: true, fields: { PDiffs: 'no', 'By-Hash': 'no' }, mode: '0600' })
    expect(diffs(await host.apply(mode))).to.contain('mode: 0644 → 0600')
    expect(changed(await host.apply(aptRepository({ name: 'a b c', state: 'absent' })))).to.deep.equal(['file[/etc/apt/sources.list.d/a-b-c.sources]'])
  })

  it('is used by the next apt task of the same run, which fetches its list; check mode says so too', async () => {
    await host.sh('rm -rf /etc/apt/sources.list.d/* /var/lib/apt/lists/*; echo "deb [trusted=yes] file:/srv/repository testing main" >/etc/apt/sources.list.d/old.list; apt-get update >/dev/null 2>&1; touch /var/lib/apt/lists')
    const work = [aptRepository({ ...base, name: 'made' }), apt({ packages: ['foo'] })]
    const check = await host.check(work)
    expect(check.tasks.map(({ status }) => status)).to.deep.equal(['change', 'may-change'])
    const applied = await host.apply(work)
    expect(applied.tasks.map(({ status }) => status)).to.deep.equal(['change', 'change'])
    expect(await host.sh('cat /etc/apt/sources.list.d/old.list'), 'a one-line list is left alone').to.contain('testing')
    expect((await host.apply(work)).roundTrips, 'one round trip when all is right').to.equal(1)
  })

  it('takes a binary key, a key that the host fetches, or a keyring that is there', async () => {
    const bytes = Buffer.from([0x98, 0x33, 0, 255, 254, 10])
    await host.apply(aptRepository({ ...base, name: 'made', signedBy: { key: bytes } }))
    expect(host.bytesOf('/etc/apt/keyrings/made.gpg').equals(bytes)).to.equal(true)
    expect(await host.sh('cat /etc/apt/sources.list.d/made.sources')).to.contain('Signed-By: /etc/apt/keyrings/made.gpg\n')
    await host.sh(`printf '%s' '${armoured}' >/srv/key.asc`)
    const fetched = (sha256: string) => aptRepository({ ...base, name: 'fetched', signedBy: { url: 'file:///srv/key.asc', sha256 } })
    expect(errorOf(await host.run(fetched('0'.repeat(64))))).to.contain('Hash Sum mismatch')
    expect(await host.sh('ls /etc/apt/keyrings')).not.to.contain('fetched')
    expect(changed(await host.apply(fetched(Content.of(armoured).sha256))).length).to.equal(2)
    expect(changed(await host.apply(fetched(Content.of(armoured).sha256)))).to.deep.equal([])
    expect(host.bytesOf('/etc/apt/keyrings/fetched.asc').toString()).to.equal(armoured)
    expect(changed(await host.apply(aptRepository({ name: 'fetched', state: 'absent' })))).to.deep.equal(['file[/etc/apt/keyrings/fetched.asc]', 'file[/etc/apt/sources.list.d/fetched.sources]'])
    expect(changed(await host.apply(aptRepository({ name: 'fetched', state: 'absent' })))).to.deep.equal([])
  })

  it('refuses what apt could not read', () => {
    const refused = (given: Parameters<typeof aptRepository>[0]) => aptRepository(given).issues.map(({ argument }) => argument)
    expect(refused({ name: 'x' })).to.deep.equal(['uris', 'suites'])
    expect(refused({ ...base, name: 'x', suites: ['./'] })).to.deep.equal(['components'])
    expect(refused({ ...base, name: 'x', uris: ['https://me:word@example.org/debian'] })).to.deep.equal(['uris.0'])
    expect(refused({ ...base, name: 'x', components: [] })).to.deep.equal(['components'])
    expect(refused({ ...base, name: ' / ' })).to.deep.equal(['name'])
    expect(refused({ ...base, name: 'x', signedBy: { key: 'no key' } })).to.deep.equal(['signedBy.key'])
  })
})
