import { mkdirSync } from 'node:fs'
import { expect } from 'chai'
import { causeOf, findCause, reasonOf } from '../../../lib/apply/find-cause.ts'
import { quote } from '../../../lib/text/quote.ts'
import { apply } from '../../../lib/shell/script.ts'
import { inTemporaryDirectory, localSession, privateConnect } from '../shell/local-session.ts'

describe('Why nothing can be written to a file system', () => {
  const reasons: Record<string, string | undefined> = {
    '/srv ro,relatime 10 100 10 100': 'the file system of /srv is mounted read-only (if it is intact: mount -o remount,rw /srv)',
    '/srv rw,relatime 0 100 10 100': 'the file system of /srv is full (df -h /srv)',
    '/srv rw,relatime 10 100 0 100': 'the file system of /srv has no inodes left (df -i /srv)',
    '/srv rw,errors=remount-ro 10 100 10 100': undefined,
    '/a\\x20b\\x5cc ro 10 100 10 100': 'the file system of /a b\\c is mounted read-only (if it is intact: mount -o remount,rw /a b\\c)',
    '/proc rw 0 0 0 0': undefined,
    '/srv rw 1 1 1 1': undefined,
    '/srv rw 10 100 0 0': undefined,
    '/srv rw 0 1 0 1': 'the file system of /srv is full (df -h /srv)',
    '/srv rw 5 9 0 1': 'the file system of /srv has no inodes left (df -i /srv)',
    '': undefined,
    '/srv': undefined,
  }
  for (const [line, reason] of Object.entries(reasons)) {
    it(`is ${reason === undefined ? 'not told' : `that ${reason}`} where the host says ${JSON.stringify(line)}`, () => expect(reasonOf(line)).to.equal(reason))
  }

  it('is reported once for each file system, and not if nothing is wrong', () => {
    expect(causeOf('/srv rw 0 9 9 9\n/a rw 9 9 9 9\n/var ro 8 9 9 9\n/var ro 7 9 9 9\n')).to.equal('the file system of /srv is full (df -h /srv); the file system of /var is mounted read-only (if it is intact: mount -o remount,rw /var)')
    expect([causeOf('/srv rw 9 9 9 9\n'), causeOf('')]).to.deep.equal([undefined, undefined])
  })

  it('is reported for the file system of a path that does not exist yet, once for each file system, and for those that programs also use', () => inTemporaryDirectory(async place => {
    const [readOnly, full] = [`${place}/read only`, `${place}/full`]
    mkdirSync(readOnly)
    mkdirSync(full)
    const connect = privateConnect(`${place}/host`)
    const mounts = `mount -t tmpfs -o size=64k,ro tmpfs ${quote(readOnly)} && mount -t tmpfs -o size=64k tmpfs ${quote(full)} && { head -c 99999 /dev/zero >${quote(`${full}/x`)} 2>/dev/null; :; }`
    const session = localSession({}, async () => {
      const connection = await connect()
      return { ...connection, start: command => connection.start(`${mounts} && ${command}`) }
    })
    try {
      const causes = async (...paths: string[]) => (await findCause(session, paths))?.replaceAll(place, 'PLACE')
      // The machine's own file systems may have something the matter, too.
      const always = await causes()
      const found = [...always?.split('; ') ?? [], 'the file system of PLACE/full is full (df -h PLACE/full)', 'the file system of PLACE/read only is mounted read-only (if it is intact: mount -o remount,rw PLACE/read only)']
      expect((await causes(`${readOnly}/no/such/file`, `${full}/file`, `${full}/other`, 'relative'))?.split('; ').sort()).to.deep.equal(found.sort())
      const usual = ['/etc', '/home', '/run', '/tmp', '/usr', '/var/lib', '/var/tmp']
      const [mounted] = await session.apply([{ script: apply`for p in ${usual}; do mount --bind "$p" "$p" && mount -o remount,bind,ro "$p" || exit; done` }])
      const reasons = (await causes())?.split('; ') ?? []
      expect([mounted?.exitCode, usual.filter(each => !reasons.includes(`the file system of ${each} is mounted read-only (if it is intact: mount -o remount,rw ${each})`))]).to.deep.equal([0, []])
    } finally {
      session.close()
    }
  }))
})
