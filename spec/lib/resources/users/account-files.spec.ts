import { expect } from 'chai'
import { changingAccounts } from '../../../../lib/resources/users/account-files.ts'
import { apply } from '../../../../lib/shell/script.ts'
import { group } from '../../../../modules/group.ts'
import { user } from '../../../../modules/user.ts'
import { labHost, type SpecHost } from '../../../helpers/module-host.ts'
import { runTask } from '../../../helpers/one-task.ts'
import { unitHostName } from '../../../helpers/unit-host.ts'

const clean = 'userdel -rf hana 2>/dev/null; groupdel -f hana 2>/dev/null; rm -f /usr/local/sbin/usermod /usr/local/sbin/groupadd /etc/passwd.[0-9]* /etc/*.lock /etc/gshadow+; :'
const leftovers = '{ cd /etc && ls -d passwd.[0-9]* group.[0-9]* *.lock [a-z]*+ 2>/dev/null; ls -A /var/lib/stead/temporary 2>/dev/null; } | sort'

/** Shell: puts a program before the real one. It leaves these files, and then is killed, or `ending`. */
const instead = (program: string, files: string, ending = 'kill -KILL $$') => `printf '#!/bin/sh\\n%s\\n' ${`'rm -f /usr/local/sbin/${program}; ${files}; ${ending}'`} >/usr/local/sbin/${program}; chmod 755 /usr/local/sbin/${program}`

describe('a change to accounts that is interrupted', function () {
  this.timeout(240_000)
  let host: SpecHost
  before(async () => {
    host = await labHost(unitHostName)
    await host.sh(clean)
    await host.sh('useradd -m hana')
  })
  afterEach(() => host.sh('rm -f /usr/local/sbin/usermod /usr/local/sbin/groupadd'))
  after(() => host.sh(clean))

  const comment = (text: string) => runTask(host, user({ name: 'hana', comment: text }))
  const killed = 'printf 4194000 >/etc/passwd.4194000; : >/etc/passwd.lock; printf half >/etc/gshadow+'

  it('has the exit code, the output and the standard input of its script, which ends at its first error', async () => {
    const { exitCode, stdout } = await host.trySh(changingAccounts(apply`set -e; cat; (exit 7); echo more`).text, Buffer.from('given\n'))
    expect([exitCode, stdout.toString(), await host.sh(leftovers)]).to.deep.equal([7, 'given\n', ''])
  })
  it('[fault 66] leaves no lock and no file of a program that was killed', async () => {
    await host.sh(instead('usermod', killed))
    expect((await comment('one')).status).to.equal('failed')
    expect(await host.sh(leftovers)).to.equal('')
    expect((await comment('one')).status).to.equal('change')
  })
  it('[fault 66] is cleaned up by the next run if the script was killed too, even where an empty lock would fail every later change', async () => {
    await host.sh(instead('usermod', killed, 'kill -KILL $(cut -d" " -f4 /proc/$PPID/stat) $PPID'))
    expect((await comment('two')).status).to.equal('failed')
    expect(await host.sh(leftovers)).to.equal('accounts\ngshadow+\npasswd.4194000\npasswd.lock\n')
    const again = await host.run(play => void play.task('user', user({ name: 'hana', comment: 'two' })))
    expect(again.tasks.map(({ name, status }) => `${name}: ${status}`)).to.deep.equal(['Clean up after an interrupted run: change', 'user: change'])
    expect(await host.sh(`${leftovers}; getent passwd hana | cut -d: -f5`)).to.equal('two\n')
  })
  it('[fault 66] a lock whose process id a newer process has is removed, one whose holder runs is left alone, and so are backups', async () => {
    await host.sh(`touch /etc/passwd.20260101 /etc/group.1; echo old >>/etc/passwd.20260101; echo old >/etc/group.1
sleep 300 >/dev/null 2>&1 & echo $! >/tmp/newer; printf %s $! >/etc/passwd.lock; touch -d '1 hour ago' /etc/passwd.lock`)
    await host.sh(instead('groupadd', ':', 'exit 10'))
    expect((await runTask(host, group({ name: 'hana-friends' }))).status).to.equal('failed')
    expect(await host.sh(leftovers)).to.equal('group.1\npasswd.20260101\n')
    await host.sh('printf %s "$(cat /tmp/newer)" >/etc/passwd.lock; printf new >/etc/passwd+')
    await host.sh(instead('groupadd', ':', 'exit 10'))
    expect((await runTask(host, group({ name: 'hana-friends' }))).status).to.equal('failed')
    expect(await host.sh(leftovers)).to.equal('group.1\npasswd+\npasswd.20260101\npasswd.lock\n')
    await host.sh('kill "$(cat /tmp/newer)"; rm -f /tmp/newer /etc/passwd.20260101 /etc/group.1 /etc/passwd+ /etc/passwd.lock')
  })
})
