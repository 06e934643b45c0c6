import { expect } from 'chai'
import { symlink } from '../../modules/symlink.ts'
import { directory } from '../../modules/directory.ts'
import { file } from '../../modules/file.ts'
import { refused, settle } from '../helpers/file-actions.ts'
import { fileHostName } from '../helpers/file-host.ts'
import { fourRounds } from '../helpers/four-rounds.ts'
import { diffs, errorOf, labHost, type SpecHost } from '../helpers/module-host.ts'

const name = fileHostName
const d = '/srv/symlink-spec'

describe('symlink', function () {
  this.timeout(240_000)
  let host: SpecHost
  before(async () => {
    host = await labHost(name)
    await host.sh(`rm -rf ${d}; mkdir -p ${d}`)
  })

  fourRounds({
    host: name, name: 'a link', task: () => symlink({ path: `${d}/four`, target: '../target' }),
    drift: `ln -sfn /elsewhere ${d}/four`, repaired: ['target: /elsewhere → ../target'],
    proof: `stat -c '%i %Y %Z' ${d} ${d}/four`, holds: `readlink ${d}/four`,
  })

  it('[file 3] is compared as text: a relative spelling of the same target is a change', async () => {
    await host.sh(`: >${d}/t; ln -s ${d}/t ${d}/spelling`)
    expect(diffs(await settle(host, symlink({ path: `${d}/spelling`, target: 't' })))).to.contain(`target: ${d}/t → t`)
  })

  it('[file 5] replaces a file or an empty directory only on request, and a non-empty one never without a backup', async () => {
    await host.sh(`cd ${d}; echo kept >file; mkdir -p empty full; echo x >full/x`)
    expect(await refused(host, symlink({ path: `${d}/file`, target: 't' }))).to.contain('is a file but should be a symbolic link')
    expect(await host.sh(`cat ${d}/file`)).to.equal('kept\n')
    for (const place of ['file', 'empty']) await settle(host, symlink({ path: `${d}/${place}`, target: 't', replaceOther: true }))
    expect(await refused(host, symlink({ path: `${d}/full`, target: 't', replaceOther: true }))).to.contain('not empty')
    expect(errorOf(await host.check(symlink({ path: `${d}/full`, target: 't', replaceOther: true })))).to.contain('not empty')
    await settle(host, symlink({ path: `${d}/full`, target: 't', replaceOther: true, backup: true }))
    expect(await host.sh(`cd ${d}; readlink file empty full; cat full.*~/x`)).to.equal('t\nt\nt\nx\n')
  })

  for (const odd of ['with space', 'new\nline', 'back\\slash', `quo"te's`, 'ünï', 'ends in newline\n']) {
    it(`[file 18] may point to ${JSON.stringify(odd)}`, async () => settle(host, symlink({ path: `${d}/odd`, target: odd })).then(() => undefined))
  }

  it('may lead nowhere, and is removed without touching what it leads to; a directory is not removed', async () => {
    await host.sh(`cd ${d}; echo kept >kept`)
    await settle(host, [symlink({ path: `${d}/nowhere`, target: 'missing' }), symlink({ path: `${d}/to-kept`, target: 'kept' })])
    await settle(host, [symlink({ path: `${d}/nowhere`, state: 'absent' }), symlink({ path: `${d}/to-kept`, state: 'absent' })])
    expect(await host.sh(`cat ${d}/kept`)).to.equal('kept\n')
    expect(await refused(host, symlink({ path: d, state: 'absent' }))).to.contain('is a directory')
    await settle(host, symlink({ path: `${d}/kept`, state: 'absent', backup: true }))
    expect(await host.sh(`cd ${d}; cat kept.*~; ls -d kept 2>/dev/null || :`)).to.equal('kept\n')
    expect(symlink({ path: `${d}/x`, target: 'a\0b' }).issues[0]?.message).to.contain('NUL')
    expect(symlink({ path: `${d}/x` }).issues[0]?.argument).to.equal('target')
  })

  it('[check 1] a file written through a link that the same run creates is predicted', async () => {
    const calls = [directory({ path: `${d}/v1` }), symlink({ path: `${d}/current`, target: 'v1' }), file({ path: `${d}/current/f`, content: 'x' })]
    expect((await host.check(calls)).tasks.map(({ status }) => status)).to.deep.equal(['change', 'change', 'change'])
    await settle(host, calls)
    expect(await host.sh(`cat ${d}/v1/f`)).to.equal('x')
  })
})
