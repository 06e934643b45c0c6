import { expect } from 'chai'
import { directory } from '../../modules/directory.ts'
import { file } from '../../modules/file.ts'
import { settle } from '../helpers/file-actions.ts'
import { expectForetold } from '../helpers/four-rounds.ts'
import { dropHost, labHost, type SpecHost } from '../helpers/module-host.ts'

const name = 'spec-examples-files'
const d = '/srv/file-edges'

/** An ACL by the attribute in which the kernel keeps it (acl(5)), since a blank host has no getfacl: mode rwxr-x---, and user nobody rwx. */
const acl = '02000000' + '01000700ffffffff' + '02000700feff0000' + '04000500ffffffff' + '10000700ffffffff' + '20000000ffffffff'
const setAcl = (path: string, attribute: string) => `perl -e 'my ($p, $n, $v) = @ARGV; $v = pack("H*", $v); syscall(188, $p, $n, $v, length $v, 0) == 0 or die "$!"' ${path} system.posix_acl_${attribute} ${acl}`

describe('file, at its edges', function () {
  this.timeout(240_000)
  let host: SpecHost

  before(async () => {
    host = await labHost(name)
    await host.sh(`rm -rf ${d}; mkdir -p ${d}`)
  })

  after(() => dropHost(name))

  it('[file 18] accepts a group name with a space, as from directory services of other systems', async () => {
    await host.sh('echo "domain users:x:4712:" >>/etc/group')
    const calls = [file({ path: `${d}/f`, content: 'x', group: 'domain users' }), directory({ path: `${d}/d`, group: 'domain users' })]
    expectForetold(await host.check(calls), await settle(host, calls))
    expect(await host.sh(`stat -c %G ${d}/f ${d}/d`)).to.equal('domain users\ndomain users\n')
  })

  it('[copy 6] a new file gets its mode and the default ACL of its directory; a rewritten file gets no ACL that it did not have', async () => {
    const plus = (path: string) => `stat -c %a ${path}; ls -l ${path} | cut -c 11`
    await host.sh(`mkdir ${d}/hands-down; echo old >${d}/hands-down/plain; chmod 0640 ${d}/hands-down/plain; ${setAcl(`${d}/hands-down`, 'default')}`)
    await settle(host, file({ path: `${d}/hands-down/new`, content: 'x', mode: '0640' }))
    expect(await host.sh(plus(`${d}/hands-down/new`))).to.equal('640\n+\n')
    await settle(host, file({ path: `${d}/hands-down/plain`, content: 'new\n' }))
    expect(await host.sh(plus(`${d}/hands-down/plain`))).to.equal('640\n \n')
    await settle(host, file({ path: `${d}/hands-down/plain`, content: 'newer\n', mode: '0660' }))
    expect(await host.sh(plus(`${d}/hands-down/plain`))).to.equal('660\n \n')
  })
})
