import { expect } from 'chai'
import { directory } from '../../modules/directory.ts'
import { file } from '../../modules/file.ts'
import { refused, settle } from '../helpers/file-actions.ts'
import { fileHostName } from '../helpers/file-host.ts'
import { expectForetold, fourRounds } from '../helpers/four-rounds.ts'
import { changed, diffs, errorOf, labHost, type SpecHost } from '../helpers/module-host.ts'

const name = fileHostName
const d = '/srv/directory-spec'

describe('directory', function () {
  this.timeout(240_000)
  let host: SpecHost
  before(async () => {
    host = await labHost(name)
    await host.sh(`rm -rf ${d}; mkdir -p ${d}`)
  })

  fourRounds({
    host: name, name: 'a directory, with those above it', prepare: `rm -rf ${d}/four`,
    task: () => directory({ path: `${d}/four/a/b`, owner: 'nobody', group: 'nogroup', mode: '2750' }),
    drift: `chmod 0755 ${d}/four/a/b`, repaired: ['mode: 2755 → 2750'],
    proof: `stat -c '%i %Y %Z' ${d}/four ${d}/four/a ${d}/four/a/b`, holds: `stat -c '%a %U %G' ${d}/four ${d}/four/a ${d}/four/a/b`,
  })

  fourRounds({
    host: name, name: '[file 14] owner and mode of everything below', prepare: `rm -rf ${d}/tree ${d}/outside; mkdir -p ${d}/tree/a/b; echo x >${d}/outside; chmod 777 ${d}/outside
cd ${d}/tree; echo x >a/b/f; echo x >'a/b/odd name'; chmod 755 'a/b/odd name'; ln -s ../outside out; ln -s nowhere dangling`,
    task: () => directory({ path: `${d}/tree`, owner: 'nobody', group: '65534', mode: 'u=rwX,g=rX,o=', recursive: true }),
    drift: `chown root ${d}/tree/a/b/f; chmod 777 ${d}/tree/a`, repaired: ['1 directory 0777 nobody:nogroup → 0750 nobody:nogroup', '1 file 0640 root:nogroup → 0640 nobody:nogroup'],
    proof: `find ${d} -printf '%p %i %T@ %C@\\n'`, holds: `find ${d}/tree ${d}/outside -printf '%P %y %m %u %g %l\\n' | sort`,
  })

  it('[file 14] leaves the targets of links alone, and children unless it is recursive', async () => {
    await host.sh(`mkdir -p ${d}/linked ${d}/flat/child; echo x >${d}/out; chmod 777 ${d}/out; ln -s ../out ${d}/linked/out; ln -s nowhere ${d}/linked/dangling`)
    await settle(host, directory({ path: `${d}/linked`, recursive: true, owner: 'nobody', mode: 'go-w' }))
    expect(await host.sh(`stat -c '%a %U' ${d}/out; stat -c %U ${d}/linked/dangling`)).to.equal('777 root\nnobody\n')
    await settle(host, directory({ path: `${d}/flat`, owner: 'nobody' }))
    expect(await host.sh(`stat -c %U ${d}/flat ${d}/flat/child`)).to.equal('nobody\nroot\n')
    expect(directory({ path: d, recursive: true, mode: '0755' }).issues[0]?.message).to.contain('must be symbolic')
  })

  it('[file 9] setgid and sticky bits are as the mode says: 2755 becomes 0755, and stays', async () => {
    await host.sh(`mkdir -p ${d}/bits; chmod 2755 ${d}/bits`)
    await settle(host, directory({ path: `${d}/bits`, mode: '0755' }))
    expect(await host.sh(`stat -c %a ${d}/bits`)).to.equal('755\n')
    await settle(host, directory({ path: `${d}/bits`, mode: '1777' }))
    await settle(host, directory({ path: `${d}/bits`, mode: 'g+s,o-t' }))
    expect(await host.sh(`stat -c %a ${d}/bits`)).to.equal('2777\n')
  })

  it('[file 6] leaves an existing one alone, and never replaces a file', async () => {
    await host.sh(`echo kept >${d}/file; mkdir -p ${d}/there; touch -d 2001-01-01 ${d}/there`)
    expect(changed(await host.apply(directory({ path: `${d}/there` })))).to.deep.equal([])
    expect(await host.sh(`stat -c %y ${d}/there | cut -c 1-4`)).to.equal('2001\n')
    expect(await refused(host, directory({ path: `${d}/file` }))).to.contain(`${d}/file is a file but should be a directory`)
    expect(await refused(host, directory({ path: `${d}/file/below` }))).to.contain(`${d}/file is a file but should be a directory`)
    expect(await host.sh(`cat ${d}/file`)).to.equal('kept\n')
    await settle(host, directory({ path: `${d}/file`, replaceOther: true, backup: true }))
    expect(await host.sh(`stat -c %F ${d}/file; cat ${d}/file.*~`)).to.equal('directory\nkept\n')
  })

  it('[file 7] [decided] a link to a directory counts as one; a broken link fails, in check mode too', async () => {
    await host.sh(`mkdir -p ${d}/real; ln -sfn real ${d}/link; ln -sfn missing ${d}/dangling`)
    await settle(host, directory({ path: `${d}/link`, mode: '0700' }))
    expect(await host.sh(`readlink ${d}/link; stat -c %a ${d}/real`)).to.equal('real\n700\n')
    expect(await refused(host, directory({ path: `${d}/dangling` }))).to.contain('a broken symbolic link (to missing)')
    expect((await host.check(directory({ path: `${d}/dangling` }))).status).to.equal('failed')
    expect(await host.sh(`ls -d ${d}/missing 2>/dev/null || :`)).to.equal('')
  })

  it('absent removes an empty one; a non-empty one only on request, without following links', async () => {
    await host.sh(`mkdir -p ${d}/gone/sub; ln -s ${d}/real ${d}/gone/link; echo x >${d}/real/kept`)
    expect(await refused(host, directory({ path: `${d}/gone`, state: 'absent' }))).to.contain('not empty')
    expect(errorOf(await host.check(directory({ path: `${d}/gone`, state: 'absent' })))).to.contain('not empty')
    expect(await refused(host, file({ path: `${d}/gone`, content: 'x', replaceOther: true }))).to.contain('not empty')
    expect(errorOf(await host.check(file({ path: `${d}/gone`, content: 'x', replaceOther: true })))).to.contain('not empty')
    await settle(host, directory({ path: `${d}/gone`, state: 'absent', recursive: true }))
    expect(await host.sh(`cat ${d}/real/kept`)).to.equal('x\n')
    expect(directory({ path: '/', state: 'absent' }).issues).to.have.length(1)
    expect(await refused(host, directory({ path: `${d}/real/kept`, state: 'absent' }))).to.contain('is not a directory')
  })

  it('[check 1] shows in check mode what is created above it, and predicts files in it', async () => {
    const calls = [directory({ path: `${d}/x/y` }), file({ path: `${d}/x/y/f`, content: 'x' }), directory({ path: `${d}/x`, mode: '0755' })]
    const check = await host.check(calls)
    expect(check.tasks.map(({ status }) => status)).to.deep.equal(['change', 'change', 'ok'])
    expect(diffs(check)).to.contain(`file[${d}/x]\nabsent → present`)
    const applied = await settle(host, calls)
    expect(changed(applied)).to.deep.equal(changed(check))
  })

  it('[check 1] says in check mode that a recursive one also covers what tasks above it create', async () => {
    const calls = [file({ path: `${d}/covered/f`, content: 'x', parents: true }), directory({ path: `${d}/covered`, owner: 'nobody', recursive: true })]
    const check = await host.check(calls)
    const applied = await host.apply(calls)
    expect(check.tasks[1]?.changes.map(({ reason }) => reason)).to.include('it also covers what tasks above will create')
    expect(check.tasks.map(({ status }) => status)).to.deep.equal(['change', 'change'])
    expectForetold(check, applied)
    expect(changed(await host.apply(calls))).to.deep.equal([])
  })

  it('[fault 43] removes nothing if something is mounted at or below it, whatever the path is called, and a check says so', async () => {
    for (const place of ['vol/deep', "vol/it's a\\place", '']) {
      await host.sh(`rm -rf ${d}/mounts; mkdir -p "${d}/mounts/tree/${place}"; ln -s mounts ${d}/to-mounts; echo precious >${d}/mounts/tree/f; mount -t tmpfs tmpfs "${d}/mounts/tree/${place}"; mkdir "${d}/mounts/tree/${place}/x"; rmdir "${d}/mounts/tree/${place}/x"`)
      try {
        for (const path of [`${d}/mounts/tree`, `${d}/to-mounts/tree`]) {
          const call = directory({ path, state: 'absent', recursive: true })
          expect(errorOf(await host.check(call))).to.contain(`${d}/mounts/tree${place && '/'}${place} is a mount point`)
          expect(await refused(host, call)).to.contain('is a mount point, and mounts are never removed')
          if (place === '') expect(await refused(host, directory({ path, state: 'absent', backup: true }))).to.contain('is a mount point')
        }
        if (place !== '') expect(await host.sh(`cat ${d}/mounts/tree/f`)).to.equal('precious\n')
      } finally {
        await host.sh(`umount "${d}/mounts/tree/${place}"; rm ${d}/to-mounts`)
      }
    }
    await settle(host, directory({ path: `${d}/mounts/tree`, state: 'absent', recursive: true }))
  })
})
