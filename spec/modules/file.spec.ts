import { expect } from 'chai'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { secret } from '../../lib/index.ts'
import { file } from '../../modules/file.ts'
import { directory } from '../../modules/directory.ts'
import { user } from '../../modules/user.ts'
import { refused as refusedOn, settle as settleOn } from '../helpers/file-actions.ts'
import { fileHostName } from '../helpers/file-host.ts'
import { fourRounds } from '../helpers/four-rounds.ts'
import { changed, diffs, errorOf, labHost, type SpecHost } from '../helpers/module-host.ts'

const name = fileHostName
const d = '/srv/file-spec'
const stat = (path: string) => `stat -c '%a %U %G' -- ${path}`

describe('file', function () {
  this.timeout(240_000)
  let host: SpecHost
  before(async () => {
    host = await labHost(name)
    await host.sh(`chattr -R -i ${d} 2>/dev/null; umount ${d}/mounted 2>/dev/null; rm -rf ${d}; mkdir -p ${d}`)
  })

  const settle = (call: Parameters<typeof settleOn>[1]) => settleOn(host, call)
  const refused = (call: Parameters<typeof settleOn>[1]) => refusedOn(host, call)

  fourRounds({
    host: name, name: 'a file with content, owner and mode', prepare: `rm -rf ${d}/four; mkdir -p ${d}/four`,
    task: () => file({ path: `${d}/four/f`, content: 'one\ntwo\n', owner: 'nobody', group: 'nogroup', mode: '0640' }),
    drift: `printf 'one\\n2\\n' >${d}/four/f; chmod 777 ${d}/four/f`, repaired: ['-2\n+two', 'mode: 0777 → 0640'],
    proof: `stat -c '%i %Y %Z %a' ${d}/four ${d}/four/f; ls -a ${d}/four`, holds: `cat ${d}/four/f; ${stat(`${d}/four/f`)}`,
  })

  it('[file 1] is created empty if it is missing and no content is given', async () => {
    await settle(file({ path: `${d}/empty` }))
    expect(await host.sh(`stat -c '%s %a %U' ${d}/empty`)).to.equal('0 644 root\n')
  })

  it('[file 2, copy 2] writes and chmods the target of a link, and the link stays', async () => {
    await host.sh(`cd ${d}; echo old >target; chmod 600 target; ln -sf target link`)
    await settle(file({ path: `${d}/link`, content: 'new\n', mode: '0644' }))
    expect(await host.sh(`cd ${d}; readlink link; cat target; ${stat('target')}`)).to.equal('target\nnew\n644 root root\n')
  })

  it('[copy 2] replaces a link with a file if follow is false', async () => {
    await host.sh(`cd ${d}; echo old >target2; ln -sf target2 link2`)
    await settle(file({ path: `${d}/link2`, content: 'new\n', follow: false }))
    expect(await host.sh(`cd ${d}; stat -c %F link2; cat target2 link2`)).to.equal('regular file\nold\nnew\n')
  })

  it('[file 5, file 19] does not take the place of a directory, unless it is moved aside as a backup', async () => {
    await host.sh(`mkdir -p ${d}/dir; echo kept >${d}/dir/inside`)
    const call = { path: `${d}/dir`, content: 'x' }
    expect(await refused(file(call))).to.contain(`${d}/dir is a directory but should be a file`)
    expect(errorOf(await host.check(file(call))), 'check mode').to.contain('but should be a file')
    expect(await refused(file({ ...call, replaceOther: true }))).to.contain('not empty')
    expect(await host.sh(`cat ${d}/dir/inside`)).to.equal('kept\n')
    await settle(file({ ...call, replaceOther: true, backup: true }))
    expect(await host.sh(`cat ${d}/dir; cat ${d}/dir.*~/inside`)).to.equal('xkept\n')
  })

  it('[file 10] accepts symbolic modes, applied to the current mode', async () => {
    await host.sh(`: >${d}/symbolic; chmod 0640 ${d}/symbolic`)
    await settle(file({ path: `${d}/symbolic`, mode: 'u+x,g+s,o=r' }))
    expect(await host.sh(`stat -c %a ${d}/symbolic`)).to.equal('2744\n')
  })

  it('[file 15, check 5] predicts an owner that an earlier task creates, and fails for one that nothing creates', async () => {
    await host.sh('userdel spec-owner 2>/dev/null || :')
    const owned = file({ path: `${d}/owned`, content: 'x', owner: 'spec-owner' })
    expect(errorOf(await host.check(owned))).to.contain('The user spec-owner does not exist on this host')
    expect(await refused(owned)).to.contain('The user spec-owner does not exist')
    const both = [user({ name: 'spec-owner', system: true }), owned]
    expect((await host.check(both)).tasks.map(({ status }) => status)).to.deep.equal(['change', 'change'])
    await settle(both)
    expect(await host.sh(`stat -c %U ${d}/owned; userdel spec-owner`)).to.equal('spec-owner\n')
  })

  it('[file 18] accepts an owner by number, with a name or without one', async () => {
    await settle(file({ path: `${d}/numeric`, owner: '65534', group: '4711' }))
    expect(await host.sh(`stat -c '%u %g' ${d}/numeric`)).to.equal('65534 4711\n')
  })

  for (const odd of ['with space', 'back\\slash', 'new\nline', 'trailing\n', `quo"te's`, 'ünï 日本', "foo t'e~m\\plated", '()$&+*#%', '-rf', '$(id)`id`', '%n;exit 1']) {
    it(`[file 18, copy 11] works on a file called ${JSON.stringify(odd)}`, async () => {
      const call = file({ path: `${d}/${odd}`, content: odd, mode: '0600' })
      await settle(call)
      expect(host.bytesOf(`${d}/${odd}`).toString()).to.equal(odd)
      await settle(file({ path: `${d}/${odd}`, state: 'absent' }))
    })
  }

  it('[file 17] a mode changes for all hard links; new content only for this name, unless inPlace', async () => {
    await host.sh(`cd ${d}; echo old >hard1; ln hard1 hard2`)
    await settle(file({ path: `${d}/hard1`, mode: '0600' }))
    expect(await host.sh(`cd ${d}; stat -c '%a %h' hard2`)).to.equal('600 2\n')
    await settle(file({ path: `${d}/hard1`, content: 'in place\n', inPlace: true }))
    expect(await host.sh(`cd ${d}; stat -c %h hard2; cat hard2`)).to.equal('2\nin place\n')
    await settle(file({ path: `${d}/hard1`, content: 'replaced\n' }))
    expect(await host.sh(`cd ${d}; stat -c %h hard2; cat hard2 hard1`)).to.equal('1\nin place\nreplaced\n')
  })

  it('[copy 3] leaves existing content alone if replace is false', async () => {
    await host.sh(`echo mine >${d}/seeded`)
    await settle(file({ path: `${d}/seeded`, content: 'default\n', replace: false }))
    expect(await host.sh(`cat ${d}/seeded`)).to.equal('mine\n')
    await settle(file({ path: `${d}/seeded2`, content: 'default\n', replace: false }))
    expect(await host.sh(`cat ${d}/seeded2`)).to.equal('default\n')
  })

  it('[copy 4] owner and mode apply to the file, not to its directory', async () => {
    await host.sh(`install -d -m 755 -o nobody ${d}/of-nobody`)
    await settle(file({ path: `${d}/of-nobody/f`, content: 'x', owner: 'root', mode: '0600' }))
    expect(await host.sh(stat(`${d}/of-nobody`))).to.equal('755 nobody root\n')
  })

  it('[copy 6] keeps mode, owner and extended attributes of a file that gets new content', async () => {
    await host.sh(`echo old >${d}/kept; chown nobody:nogroup ${d}/kept; chmod 0700 ${d}/kept`)
    // ACL of user nobody, as the kernel keeps it in an attribute (acl(5)): version 2, then tag, permission, id of each entry.
    const acl = Buffer.from('02000000' + '01000700ffffffff' + '02000700feff0000' + '04000000ffffffff' + '10000700ffffffff' + '20000000ffffffff', 'hex')
    const attribute = `perl -e 'require "syscall.ph" if 0; my ($p, $n, $v) = @ARGV; $v = pack("H*", $v); syscall(188, $p, $n, $v, length $v, 0) == 0 or die "$!"'`
    const shown = `perl -e 'my ($p, $n) = @ARGV; my $b = "\\0" x 256; my $l = syscall(191, $p, $n, $b, 256); die "$!" if $l < 0; print unpack("H*", substr($b, 0, $l))'`
    await host.sh(`${attribute} ${d}/kept system.posix_acl_access ${acl.toString('hex')}; ${attribute} ${d}/kept user.note 6869`)
    await settle(file({ path: `${d}/kept`, content: 'new\n' }))
    expect(await host.sh(`cat ${d}/kept; stat -c '%a %U %G' ${d}/kept`)).to.equal('new\n770 nobody nogroup\n')
    expect(await host.sh(`${shown} ${d}/kept system.posix_acl_access`)).to.equal(acl.toString('hex'))
    expect(await host.sh(`${shown} ${d}/kept user.note`)).to.equal('6869')
  })

  it('[copy 7, line 12] a backup has the old bytes, mode and owner, through a link too', async () => {
    await host.sh(`cd ${d}; echo old >backed; chown nobody:nogroup backed; chmod 0777 backed; ln -sf backed to-backed`)
    await settle(file({ path: `${d}/to-backed`, content: 'new\n', backup: true }))
    expect(await host.sh(`cd ${d}; ls -d backed.*~ | wc -l; cat backed.*~; stat -c '%a %U %G' backed.*~; cat backed`)).to.equal('1\nold\n777 nobody nogroup\nnew\n')
  })

  it('[copy 8] check mode writes nothing: new file, mode alone, missing parents', async () => {
    await host.sh(`: >${d}/checked; chmod 600 ${d}/checked`)
    const before = await host.sh(`find ${d} -printf '%p %i %T@ %C@ %m\\n'`)
    const report = await host.check([file({ path: `${d}/no/such/f`, content: 'x', parents: true }), file({ path: `${d}/checked`, mode: '0644' }), file({ path: `${d}/fresh`, content: 'x' })])
    expect(report.tasks.map(({ status }) => status)).to.deep.equal(['change', 'change', 'change'])
    expect(changed(report)).to.include(`file[${d}/no]`).and.include(`file[${d}/no/such]`)
    expect(await host.sh(`find ${d} -printf '%p %i %T@ %C@ %m\\n'`)).to.equal(before)
  })

  it('says what is missing above it, unless an earlier task makes it', async () => {
    const call = file({ path: `${d}/deep/er/f`, content: 'x' })
    expect(errorOf(await host.check(call))).to.contain(`The directory ${d}/deep/er does not exist`)
    expect((await host.check([directory({ path: `${d}/deep/er` }), call])).status).to.equal('change')
    await settle([directory({ path: `${d}/deep/er` }), call])
  })

  it('[copy 14] copies any bytes, and shows binary ones by size and checksum', async () => {
    const bytes = Uint8Array.from([0xff, 0xfe, 0x80, 0, 10, 13, 10])
    await settle(file({ path: `${d}/bytes`, content: bytes }))
    expect(host.bytesOf(`${d}/bytes`).equals(bytes)).to.equal(true)
    const report = await host.apply(file({ path: `${d}/bytes`, content: Uint8Array.from([0xfe]) }))
    expect(diffs(report)).to.match(/content: 7 bytes, sha256 \w+… → 1 bytes, sha256 \w+…/)
  })

  it('copies a file of the controller, a large one without holding it', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'files-'))
    try {
      const large = randomBytes(12_000_000)
      writeFileSync(path.join(directory, 'large'), large)
      writeFileSync(path.join(directory, 'small'), 'small\n')
      await settle([file({ path: `${d}/large`, source: path.join(directory, 'large') }), file({ path: `${d}/small`, source: path.join(directory, 'small') })])
      expect(host.bytesOf(`${d}/large`).equals(large)).to.equal(true)
      expect(host.bytesOf(`${d}/small`).toString()).to.equal('small\n')
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  it('[copy 15] a mount point is refused with a way out, and written in place on request; a change updates the mtime', async () => {
    await host.sh(`cd ${d}; echo below >below; echo mounted >mounted; mount --bind below mounted; touch -d 2001-01-01 below`)
    const call = { path: `${d}/mounted`, content: 'new\n' }
    expect(await refused(file(call))).to.match(/busy[\s\S]*mount point[\s\S]*inPlace/)
    expect(await host.sh(`cat ${d}/mounted; ls -A ${d} | grep -c '^.stead' || :`)).to.equal('below\n0\n')
    await settle(file({ ...call, inPlace: true }))
    expect(await host.sh(`cd ${d}; cat below; stat -c %y below | grep -c 2001 || :; umount mounted`)).to.equal('new\n0\n')
  })

  it('[decided: file] an immutable file fails with the name of the attribute, and nothing is changed', async () => {
    await host.sh(`cd ${d}; mkdir -p locked; echo old >locked/f; chattr +i locked/f`)
    const before = await host.sh(`find ${d}/locked -printf '%p %i %T@ %C@ %m\\n'; cat ${d}/locked/f`)
    for (const call of [file({ path: `${d}/locked/f`, content: 'new' }), file({ path: `${d}/locked/f`, mode: '0600' }), file({ path: `${d}/locked/f`, state: 'absent' })]) {
      expect(await refused(call)).to.contain(`${d}/locked/f has the attribute i (immutable)`)
    }
    expect(await host.sh(`find ${d}/locked -printf '%p %i %C@ %m\\n'; cat ${d}/locked/f`)).to.equal(before.replace(/ \d{10}\.\d+ (\d{10}\.\d+)/g, ' $1'))
    await host.sh(`chattr -i ${d}/locked/f; chattr +i ${d}/locked`)
    expect(await refused(file({ path: `${d}/locked/new`, content: 'new' }))).to.contain(`${d}/locked/ has the attribute i (immutable)`)
    await host.sh(`chattr -i ${d}/locked; mv /usr/bin/lsattr /usr/bin/lsattr.away; chattr +i ${d}/locked/f`)
    try {
      expect(await refused(file({ path: `${d}/locked/f`, content: 'new' }))).to.contain('install lsattr (package e2fsprogs)')
    } finally {
      await host.sh(`mv /usr/bin/lsattr.away /usr/bin/lsattr; chattr -i ${d}/locked/f`)
    }
  })

  it('[copy 16] a validator sees the new content under %s, and its refusal leaves the old bytes', async () => {
    await host.sh(`echo old >${d}/valid`)
    const call = { path: `${d}/valid`, content: 'new\n' }
    expect(await refused(file({ ...call, validate: ['grep', '-q', 'absent', '%s'] }))).to.contain('Exit status: 1')
    expect(await host.sh(`cat ${d}/valid; ls -A ${d} | grep -c '^.stead' || :`)).to.equal('old\n0\n')
    await settle(file({ ...call, validate: ['grep', '-q', 'new', '%s'] }))
    expect(file({ ...call, validate: ['true'] }).issues[0]?.message).to.contain("must contain '%s'")
  })

  it('[check 6, check 8, check 9] shows what it removes, and never a secret', async () => {
    await host.sh(`cd ${d}; printf 'shown' >public; printf 'hidden-old' >private; chmod 600 private; echo 'old-password' >secret`)
    const removal = await settle([file({ path: `${d}/public`, state: 'absent' }), file({ path: `${d}/private`, state: 'absent' })])
    expect(diffs(removal)).to.contain('+++ /dev/null').and.contain('-shown').and.contain('No newline at end of file')
    expect(diffs(removal)).not.to.contain('hidden-old')
    const written = await settle(file({ path: `${d}/secret`, content: secret('new-password') }))
    expect(JSON.stringify(written)).to.contain('content: <secret> (differs)').and.not.contain('password')
    expect(host.bytesOf(`${d}/secret`).toString()).to.equal('new-password')
  })

  it('refuses content and source together, and a wrong path, before any host is touched', () => {
    expect(file({ path: `${d}/x`, content: '', source: 'y' }).issues[0]?.message).to.contain('together')
    expect(file({ path: 'relative' }).issues[0]?.argument).to.equal('path')
  })
})
