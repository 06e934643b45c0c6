import { createHash } from 'node:crypto'
import { expect } from 'chai'
import { apply, read } from '../../../lib/shell/script.ts'
import { Session } from '../../../lib/shell/session.ts'
import type { Output } from '../../../lib/shell/output.ts'
import { connectSsh } from '../../../lib/transport/ssh.ts'
import { apt } from '../../../modules/apt.ts'
import { labHost, type SpecHost } from '../../helpers/module-host.ts'
import { unitHostName } from '../../helpers/unit-host.ts'

const text = ({ stdout }: Output): string => stdout.toString()
const shells = { fish: '/usr/bin/fish', tcsh: '/usr/bin/tcsh', zsh: '/usr/bin/zsh', nologin: '/usr/sbin/nologin', forced: '/bin/sh', nosudo: '/bin/bash' }
const userOf = (name: string): string => `spec-${name}`

describe('a session on a host', function () {
  this.timeout(180_000)
  let host: SpecHost

  before(async () => {
    host = await labHost(unitHostName)
    await host.apply(apt({ packages: ['fish', 'tcsh', 'zsh'] }))
    await host.sh(Object.entries(shells).map(([name, shell]) => `u=${userOf(name)}; id $u >/dev/null 2>&1 || useradd -m -s ${shell} $u
mkdir -p /home/$u/.ssh; cp /root/.ssh/authorized_keys /home/$u/.ssh/; chown -R $u /home/$u/.ssh
${name === 'nosudo' ? ':' : `echo "$u ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/$u`}`).join('\n'))
    await host.sh(`cp /etc/environment /etc/environment.kept 2>/dev/null || :
printf '%s\\n' PGHOST=10.0.0.66 POSIXLY_CORRECT=1 TAR_OPTIONS=--verbose PYTHONPATH=/evil TMPDIR=/nowhere t=exported https_proxy=http://proxy.example:3128 >/etc/environment
printf 'Match User ${userOf('forced')}\\n  ForceCommand echo Only sftp is allowed here.; exit 3\\n' >/etc/ssh/sshd_config.d/forced.conf; systemctl reload ssh`)
  })

  after(() => host.sh('mv /etc/environment.kept /etc/environment; rm -f /etc/ssh/sshd_config.d/forced.conf; systemctl reload ssh'))

  async function over<Result>(name: string, become: 'none' | 'sudo', work: (session: Session) => Promise<Result>): Promise<Result> {
    const session = new Session(() => connectSsh({ ...host.host, user: userOf(name) }), { host: name, become })
    try {
      return await work(session)
    } finally {
      session.close()
    }
  }

  const refusal = (name: string, become: 'none' | 'sudo'): Promise<string> => over(name, become, session => session.read([{ script: read`:` }]).then(() => 'it got in', (error: unknown) => String(error) + (error instanceof Error && 'stderr' in error ? `\n${String(error.stderr)}` : '')))

  for (const name of ['fish', 'tcsh', 'zsh']) {
    it(`[fault 26] works for a user whose login shell is ${name}, directly and through sudo, with a first frame of several lines, quotes and !`, () => over(name, 'none', async session => {
      const parts = ["it's", '!!', 'a\nb', '$HOME `id` \\', '%s ~ * {a,b}', 'x'.repeat(20_000)].map(word => ({ script: read`printf %s ${word}` }))
      const words = ["it's", '!!', 'a\nb', '$HOME `id` \\', '%s ~ * {a,b}', 'x'.repeat(20_000)]
      expect((await session.read(parts)).map(text)).to.deep.equal(words)
      await over(name, 'sudo', async root => {
        expect((await root.read([...parts, { script: read`id -un` }])).map(text)).to.deep.equal([...words, 'root\n'])
        const [output] = await root.apply([{ script: apply`sha256sum >&2`, stdin: Buffer.alloc(3_000_000, 'a') }])
        expect(output?.stderr).to.equal(`${createHash('sha256').update(Buffer.alloc(3_000_000, 'a')).digest('hex')}  -`)
      })
    }))
  }

  it("[fault 26] shows the host's own sentence where the login shell, or sshd, starts something else", async () => {
    const nologin = await refusal('nologin', 'none')
    expect(nologin).to.include('The host did not start a shell for stead (exit status 1)').and.include('This account is currently not available.')
    expect(await refusal('forced', 'none')).to.include('(exit status 3)').and.include('Only sftp is allowed here.')
  })

  it('[fault 4] says that sudo refuses, in sudo\'s words, but only if it does', async () => {
    expect(await refusal('nosudo', 'sudo')).to.include('sudo does not let this user become root without a password').and.include('sudo: a password is required')
  })

  it('[fault 7] leaves none of its scripts in the log of sudo', async () => {
    await over('zsh', 'sudo', session => session.read([{ script: read`echo very-special-word` }]))
    const log = await host.sh('journalctl -q --no-pager -t sudo | tail -n 50; cat /var/log/auth.log 2>/dev/null || :')
    expect(log).to.match(/COMMAND=\S*sh -c/).and.not.include('very-special-word').and.not.include('stead-shell')
  })

  for (const become of ['none', 'sudo'] as const) {
    it(`[fault 24] runs its scripts in a clean environment, ${become === 'sudo' ? 'through sudo' : 'directly'}: who it is and the proxy, and nothing that changes what programs do`, () => over('fish', become, async session => {
      const [own, other] = await session.read([{ script: read`env` }, ...(become === 'sudo' ? [{ script: read`env; pwd`, user: userOf('zsh') }] : [])])
      const names = (output: Output | undefined) => (output ? text(output) : '').trim().split('\n').map(line => line.split('=')[0])
      for (const output of [own, ...(other ? [other] : [])]) {
        expect(names(output)).to.include.members(['PATH', 'HOME', 'LC_ALL'])
        for (const name of ['PGHOST', 'POSIXLY_CORRECT', 'TAR_OPTIONS', 'PYTHONPATH', 'TMPDIR', 'SSH_CONNECTION', 'SUDO_USER', 't']) expect(names(output)).to.not.include(name)
      }
      // What sudo itself lets through is its own affair (env_keep).
      if (become === 'none') expect(names(own)).to.include('https_proxy')
      if (other) expect(text(other)).to.include(`HOME=/home/${userOf('zsh')}\n`).and.include(`USER=${userOf('zsh')}\n`)
    }))
  }
})
