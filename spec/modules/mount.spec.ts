import { expect } from 'chai'
import { command } from '../../modules/command.ts'
import { directory } from '../../modules/directory.ts'
import { file } from '../../modules/file.ts'
import { mount } from '../../modules/mount.ts'
import { fourRounds } from '../helpers/four-rounds.ts'
import { changed, diffs, dropHost, errorOf, labHost, type SpecHost } from '../helpers/module-host.ts'

const name = 'spec-mount'
const d = '/srv/mounts'

describe('mount', function () {
  this.timeout(240_000)
  let host: SpecHost
  before(async () => {
    host = await labHost(name)
    await host.sh(`findmnt -rno TARGET | grep ^${d} | tac | xargs -r umount; rm -rf ${d}; mkdir -p ${d}; printf '# mine\\n/dev/none /elsewhere ext4 noauto,nofail 0 0\\n' >/etc/fstab`)
  })
  after(() => dropHost(name))

  const tmpfs = (path: string, options = ['size=1m'], state?: 'mounted' | 'present' | 'unmounted' | 'absent') => mount({ path: `${d}/${path}`, source: 'tmpfs', type: 'tmpfs', options, state })
  const fstab = () => host.sh('cat /etc/fstab')
  const live = (path: string) => host.sh(`findmnt -nro SOURCE,FSTYPE,OPTIONS -M ${d}/${path} || echo none`).then(text => text.trim())

  fourRounds({
    host: name, name: 'a mount, now and at boot',
    task: () => tmpfs('four rounds', ['size=64m', 'mode=0700', 'noexec', 'nofail']),
    drift: `mount -o remount,exec,size=32m '${d}/four rounds'; sed -i '/four.040rounds/s/nofail/noauto/' /etc/fstab`,
    proof: `stat -c '%i %y %z' /etc/fstab '${d}/four rounds'; findmnt -no ID,OPTIONS -M '${d}/four rounds'`,
    holds: `grep -v elsewhere /etc/fstab; findmnt -no SOURCE,FSTYPE,OPTIONS -M '${d}/four rounds'`,
    repaired: ['noexec', '-tmpfs /srv/mounts/four\\040rounds tmpfs size=64m,mode=0700,noexec,noauto 0 0'],
    drifted: ['file[/etc/fstab]', `mount[${d}/four rounds]`],
  })

  it('leaves every other line of fstab, and systemd knows the new one without being told', async () => {
    await host.apply(tmpfs('known', ['size=1m', 'nofail']))
    expect(await fstab()).to.contain('# mine\n/dev/none /elsewhere ext4 noauto,nofail 0 0\n')
    expect(await host.sh('systemctl show -p FragmentPath,ActiveState,NeedDaemonReload srv-mounts-known.mount')).to.contain('/run/systemd/generator/srv-mounts-known.mount').and.contain('ActiveState=active').and.contain('NeedDaemonReload=no')
  })

  it('present writes fstab alone, unmounted leaves fstab alone, and absent takes both', async () => {
    expect(changed(await host.apply(tmpfs('states', ['noauto'], 'present')))).to.deep.equal(['file[/etc/fstab]'])
    expect(await live('states')).to.equal('none')
    await host.apply(tmpfs('states', ['noauto']))
    expect(await live('states')).to.match(/^tmpfs tmpfs/)
    expect(changed(await host.apply(mount({ path: `${d}/states`, state: 'unmounted' })))).to.deep.equal([`mount[${d}/states]`])
    expect([await live('states'), (await fstab()).includes(`${d}/states`)]).to.deep.equal(['none', true])
    await host.apply(tmpfs('states', ['noauto']))
    const away = mount({ path: `${d}/states`, state: 'absent' })
    expect(changed(await host.apply(away))).to.deep.equal(['file[/etc/fstab]', `mount[${d}/states]`])
    expect([await live('states'), (await fstab()).includes(`${d}/states`)]).to.deep.equal(['none', false])
    expect((await host.check(away)).status).to.equal('ok')
  })

  it('never unmounts what is busy, and says who uses it', async () => {
    await host.apply(tmpfs('busy'))
    await host.sh(`cd ${d}/busy; sleep 60 >/dev/null 2>&1 & echo $! >/run/busy`)
    try {
      const error = errorOf(await host.run(mount({ path: `${d}/busy`, state: 'absent' })))
      expect(error).to.contain(`Could not unmount ${d}/busy.`).and.match(/In use by: sleep \(\d+\)\./)
      expect(await fstab()).to.contain(`${d}/busy`)
    } finally {
      await host.sh('kill "$(cat /run/busy)"')
    }
    await host.sh(`mkdir ${d}/busy/below; mount -t tmpfs tmpfs ${d}/busy/below`)
    expect(errorOf(await host.run(mount({ path: `${d}/busy`, state: 'unmounted' })))).to.contain(`Mounted below it: ${d}/busy/below.`)
    await host.sh(`umount ${d}/busy/below`)
    await host.apply(mount({ path: `${d}/busy`, state: 'absent' }))
  })

  it('a directory that is bound elsewhere is known by what it is, and a read-only one is made writable again', async () => {
    await host.sh(`mkdir -p ${d}/from ${d}/other; touch ${d}/from/here`)
    const bind = (from: string, ...options: string[]) => mount({ path: `${d}/to`, source: `${d}/${from}`, type: 'none', options: ['bind', ...options] })
    await host.apply(bind('from', 'ro'))
    expect(await host.sh(`ls ${d}/to; touch ${d}/to/x 2>&1 || :`)).to.match(/^here\n.*Read-only/s)
    expect((await host.apply(bind('from', 'ro'))).status).to.equal('ok')
    expect(diffs(await host.apply(bind('from')))).to.contain('mount[')
    await host.sh(`touch ${d}/to/x`)
    expect((await host.apply(bind('from'))).status).to.equal('ok')
    expect(changed(await host.apply(bind('other')))).to.include(`mount[${d}/to]`)
    expect(await host.sh(`ls ${d}/to`)).to.equal('')
    await host.apply(mount({ path: `${d}/to`, state: 'absent' }))
  })

  it('what is mounted over a mount is unmounted with it', async () => {
    await host.apply(tmpfs('twice'))
    await host.sh(`mount -t tmpfs tmpfs ${d}/twice`)
    await host.apply(mount({ path: `${d}/twice`, state: 'unmounted' }))
    expect(await live('twice')).to.equal('none')
  })

  it('of several lines for one mount point the last is kept', async () => {
    await host.sh(`printf 'a ${d}/lines/ tmpfs noauto\\nb ${d}/lines tmpfs noauto 0 0' >>/etc/fstab`)
    await host.apply(tmpfs('lines', ['noauto'], 'present'))
    expect((await fstab()).split('\n').filter(line => line.includes('/lines'))).to.deep.equal([`tmpfs ${d}/lines tmpfs noauto 0 0`])
  })

  it('what cannot be mounted leaves fstab as it was, so that the host still boots', async () => {
    const before = await fstab()
    expect(errorOf(await host.run(mount({ path: `${d}/no-type`, source: 'none', type: 'no-such-type' })))).to.contain('special device none does not exist')
    const missing = mount({ path: `${d}/no-source`, source: '/dev/no-such', type: 'ext4' })
    for (const report of [await host.check(missing), await host.run(missing)]) expect(errorOf(report)).to.contain('There is nothing at /dev/no-such that could be mounted.')
    expect(errorOf(await host.check(mount({ path: `${d}/nas`, source: 'nas:/srv', type: 'nfs' })))).to.contain('nfs-common')
    expect(await fstab()).to.equal(before)
  })

  it('a mount point behind a link is refused, with its real path', async () => {
    await host.sh(`ln -sfn ${d} /srv/link; mkdir -p ${d}/real`)
    for (const path of ['/srv/link', '/srv/link/real']) expect(errorOf(await host.run(mount({ path, source: 'tmpfs', type: 'tmpfs' }))), path).to.contain('by a link')
  })

  it('a check foretells a mount in a directory that it also makes, and doubts what goes into it', async () => {
    const tasks = [directory({ path: `${d}/new` }), tmpfs('new'), file({ path: `${d}/new/file`, content: 'x' })]
    const check = await host.check(tasks)
    expect(check.tasks.map(({ status }) => status)).to.deep.equal(['change', 'change', 'may-change'])
    expect((await host.apply(tasks)).tasks.map(({ status }) => status)).to.deep.equal(['change', 'change', 'change'])
    expect(await host.sh(`findmnt -no SOURCE -T ${d}/new/file`)).to.equal('tmpfs\n')
    expect((await host.check(tasks)).status).to.equal('ok')
  })

  it('a source that a command makes is foretold, and mounted', async () => {
    const tasks = [command({ argv: ['mkdir', '-p', `${d}/made`], creates: `${d}/made` }), mount({ path: `${d}/of-made`, source: `${d}/made`, type: 'none', options: ['bind'] })]
    expect(errorOf(await host.check(tasks))).to.equal(undefined)
    await host.apply(tasks)
    expect((await host.apply(tasks)).status).to.equal('ok')
  })
})
