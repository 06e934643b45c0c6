import { expect } from 'chai'
import { secret } from '../../lib/index.ts'
import { group } from '../../modules/group.ts'
import { user } from '../../modules/user.ts'
import { goThroughFourRounds } from '../helpers/four-rounds.ts'
import { labHost, type SpecHost } from '../helpers/module-host.ts'
import { refusal, runTask, statusesOf } from '../helpers/one-task.ts'
import { unitHostName } from '../helpers/unit-host.ts'

const one = '$6$saltsalt$kiRCEN9h6.zvW9LfVNgSwgm2787.AP2FffCmRoXgfIr6JNAEomr.2TTu4gXSLZC8ktz9QdSO9U53P04XAACMi1'
const two = '$6$saltsalt$dg1mCWso1bcZ4jIR4DTGWQLYWovPSQ8XfXMYgd99Ac12YxNhttSzGlvMuY4NK9oxdbAshf9Z9d.77bjXhbJN00'
const proof = 'stat -c "%n %i %Y %Z" /etc/passwd /etc/shadow /etc/group /etc/gshadow'
type UserArguments = Parameters<typeof user>[0]

describe('user', function () {
  this.timeout(240_000)
  let host: SpecHost
  before(async () => {
    host = await labHost(unitHostName)
    await host.sh('for u in bob carl dora eve frank; do userdel -rf $u; groupdel -f $u; done; groupdel -f media; rm -rf /home/bob /srv/deep /srv/none /srv/eve; :')
  })

  const apply = (args: UserArguments, check = false) => runTask(host, user(args), { check })
  const statesOf = async (call: ReturnType<typeof user>) => statusesOf(host, call, call)
  const passwd = (name: string) => host.sh(`getent passwd ${name} | cut -d: -f3-; id -Gn ${name}`)

  it('[user 5] creates a user with all attributes, keeps it, repairs exactly what was changed by hand', () => goThroughFourRounds(host, {
    task: () => user({ name: 'bob', uid: 1400, comment: 'Bob, of course', shell: '/bin/sh', home: '/srv/deep/er/bob', groups: ['games', '33'], password: secret(one), expires: '2050-03-01', locked: false }),
    drift: `usermod -s /bin/bash -G audio bob; usermod -e '' bob; usermod -L bob; rm -rf /srv/deep/er/bob`, proof, drifted: ['user[bob]'],
  }))
  it('[user 5] creates the home with its parents, owned by the user, with the mode from login.defs', async () => {
    expect(await host.sh('stat -c "%U:%G %a" /srv/deep/er/bob /srv/deep/er; ls -A /srv/deep/er/bob | head -1; ls -A /srv/deep/er')).to.equal('bob:bob 700\nroot:root 755\n.bash_logout\nbob\n'.replace('700', (await host.sh(`m=$(sed -n 's/^HOME_MODE[ \t]*//p' /etc/login.defs); echo \${m:-755}`)).trim().replace(/^0/, '')))
  })
  it('[user 3] writes a hash through standard input, verbatim, and never shows it', async () => {
    expect(await host.sh('getent shadow bob | cut -d: -f2')).to.equal(`${one}\n`)
    const task = await apply({ name: 'bob', password: secret(two) }, true)
    expect(JSON.stringify(task)).to.contain('password: <secret> (differs)').and.not.contain(two.slice(-20))
  })
  it('[user 3] keeps an existing password with on-create, and refuses text that is not a hash', async () => {
    expect((await apply({ name: 'bob', password: secret(two), updatePassword: 'on-create' })).status).to.equal('ok')
    expect(user({ name: 'bob', password: secret('open sesame') }).issues[0]?.message).to.contain('must be a hash')
    for (const good of ['*', '!', one, '$y$j9T$saltsaltsaltsaltsalt1/$' + 'a'.repeat(43)]) expect(user({ name: 'bob', password: secret(good) }).issues).to.deep.equal([])
  })
  it('[user 3] changes the password of a locked user without unlocking it', async () => {
    await host.sh('usermod -L bob')
    expect((await apply({ name: 'bob', password: secret(two) })).status).to.equal('change')
    expect(await host.sh('getent shadow bob | cut -d: -f2')).to.equal(`!${two}\n`)
    expect((await apply({ name: 'bob', password: secret(two), locked: false })).changes[0]?.diff).to.equal('locked: true → false')
    expect(await host.sh('getent shadow bob | cut -d: -f2')).to.equal(`${two}\n`)
  })
  it('[user 3] a user without a password is locked, and nobody can log in without one; \'!\' removes the password', async () => {
    const field = (name: string) => host.sh(`getent shadow ${name} | cut -d: -f2`)
    for (const frank of [{ name: 'frank', password: secret('!') }, { name: 'frank', password: secret(one), locked: false }, { name: 'frank', password: secret('!') }, { name: 'frank', password: secret('*') }]) {
      expect(await statusesOf(host, user(frank), user(frank))).to.deep.equal(['change', 'ok'])
      const text = frank.password.reveal()
      // The lock of a user who had no password is none that would stay.
      expect(await field('frank')).to.equal(`${text}\n`)
    }
    await host.sh('userdel -r frank')
    expect(await statusesOf(host, user({ name: 'frank', groups: [] }), user({ name: 'frank', groups: [] }))).to.deep.equal(['change', 'ok'])
    expect(await field('frank')).to.equal('!\n')
    expect(user({ name: 'frank', password: secret('!'), locked: false }).issues[0]?.message).to.contain('anybody could log in')
  })
  it('[user 3] a user without a password can log in after getting one; a lock before a hash stays', async () => {
    expect(await statusesOf(host, user({ name: 'frank', password: secret(one) }), user({ name: 'frank', password: secret(one) }))).to.deep.equal(['change', 'ok'])
    expect(await host.sh('getent shadow frank | cut -d: -f2; usermod -L frank')).to.equal(`${one}\n`)
    expect(await statusesOf(host, user({ name: 'frank', password: secret(two) }), user({ name: 'frank', password: secret(two) }))).to.deep.equal(['change', 'ok'])
    expect(await host.sh('getent shadow frank | cut -d: -f2')).to.equal(`!${two}\n`)
  })
  it('[user 3] no hash is in a command line or an environment while it is written', async () => {
    await host.sh(`usermod -p '*' bob; mv /usr/sbin/chpasswd /usr/sbin/chpasswd.real; printf '#!/bin/sh\\ncat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr "\\\\0" "\\\\n" >>/run/spec.ps; exec chpasswd.real "$@"\\n' >/usr/sbin/chpasswd; chmod 755 /usr/sbin/chpasswd`)
    try {
      expect(await statusesOf(host, user({ name: 'bob', password: secret(one) }), user({ name: 'bob', password: secret(two) }))).to.deep.equal(['change', 'change'])
    } finally {
      await host.sh('mv /usr/sbin/chpasswd.real /usr/sbin/chpasswd')
    }
    expect(await host.sh('grep -a -o -e saltsalt -e "/usr/sbin/chpasswd" /run/spec.ps | sort -u; rm /run/spec.ps')).to.equal('/usr/sbin/chpasswd\n')
  })
  it('[user 4] appends groups, sets them exactly, removes all, and names one that does not exist', async () => {
    await apply({ name: 'bob', groups: ['games'] })
    expect((await apply({ name: 'bob', groups: ['audio'], append: true })).changes[0]?.diff).to.equal('groups: games → audio, games')
    expect((await apply({ name: 'bob', groups: ['29'], append: true })).status, 'by number').to.equal('ok')
    expect((await apply({ name: 'bob', groups: ['audio'] })).changes[0]?.diff).to.equal('groups: audio, games → audio')
    expect((await apply({ name: 'bob' })).status).to.equal('ok')
    expect((await apply({ name: 'bob', groups: [] })).status).to.equal('change')
    expect(await host.sh('id -Gn bob')).to.equal('bob\n')
    for (const check of [true, false]) expect((await apply({ name: 'bob', groups: ['nothere'] }, check)).error).to.contain('Group nothere does not exist')
    expect(user({ name: 'bob', append: true }).issues[0]).to.deep.equal({ argument: 'append', message: 'makes sense only together with groups' })
  })
  it('[user 4] recognises groups that share a number with another', async () => {
    await host.sh('groupadd -g 1777 crew; groupadd -o -g 1777 crew2')
    expect(await statusesOf(host, user({ name: 'bob', groups: ['crew2'] }), user({ name: 'bob', groups: ['crew2'] }))).to.deep.equal(['change', 'ok'])
    expect(await statusesOf(host, user({ name: 'bob', groups: [] }), user({ name: 'bob', groups: [] }))).to.deep.equal(['change', 'ok'])
    await host.sh('groupdel crew2; groupdel crew')
  })
  it('[user 4] knows a group in check mode that an earlier task would create', async () => {
    const { tasks } = await host.run(({ task }) => {
      task('group', group({ name: 'media' }))
      task('user', user({ name: 'bob', groups: ['media'] }))
    }, { check: true })
    expect(tasks.map(({ status }) => status)).to.deep.equal(['change', 'change'])
  })
  it('[user 1] creates a user whose group already exists', async () => {
    await host.sh('groupadd carl')
    expect((await apply({ name: 'carl' })).status).to.equal('change')
    expect(await host.sh('id -gn carl')).to.equal('carl\n')
  })
  it('[user 5] creates no home and no parents with createHome: false, and a missing home later on request', async () => {
    await apply({ name: 'dora', home: '/srv/none/dora', createHome: false })
    expect((await host.trySh('[ -e /srv/none ]')).exitCode).to.equal(1)
    expect((await apply({ name: 'dora', createHome: false })).status).to.equal('ok')
    expect((await apply({ name: 'dora', createHome: true })).changes.map(({ resource, diff }) => [resource, diff])).to.deep.equal([
      ['file[/srv/none]', 'absent → present\ntype: (none) → directory\nmode: (none) → 0755\nowner: (none) → root\ngroup: (none) → root'], ['user[dora]', 'homeDirectory: missing → present'],
    ])
    expect(await host.sh('stat -c %U /srv/none/dora; rm -rf /srv/none')).to.equal('dora\n')
  })
  it('[fault 19] creates no home for an existing user without one, unless requested', async () => {
    expect(await statesOf(user({ name: 'nobody', groups: ['games'], append: true }))).to.deep.equal(['change', 'ok'])
    expect((await host.trySh('[ -e /nonexistent ]')).exitCode).to.equal(1)
    await host.sh('gpasswd -d nobody games; userdel -r dora; useradd -M dora')
    expect((await apply({ name: 'dora', comment: 'Dora' })).status).to.equal('change')
    expect((await host.trySh('[ -e /home/dora ]')).exitCode).to.equal(1)
    expect((await apply({ name: 'dora', home: '/home/dora' })).changes[0]?.diff, 'where the home is named').to.equal('homeDirectory: missing → present')
  })
  it('[fault 19] a home that an interrupted run did not create is created by the next one, and the password is set', async () => {
    await host.sh("userdel -r dora; mkdir -m 755 /run/spec-cut; printf '#!/bin/sh\\nkill -9 $PPID\\n' >/run/spec-cut/mktemp; chmod 755 /run/spec-cut/mktemp; mv /usr/bin/mktemp /usr/bin/mktemp.real; cp /run/spec-cut/mktemp /usr/bin/mktemp")
    const dora = () => user({ name: 'dora', password: secret(one), updatePassword: 'on-create' })
    try {
      expect((await host.run(dora())).status).to.equal('failed')
    } finally {
      await host.sh('mv /usr/bin/mktemp.real /usr/bin/mktemp; rm -r /run/spec-cut')
    }
    await host.sh('getent passwd dora; ! [ -e /home/dora ]')
    expect((await runTask(host, dora(), { check: true })).changes[0]?.diff).to.equal('locked: true → false\npassword: <secret> (differs)\nhomeDirectory: unfinished → present')
    expect(await statesOf(dora())).to.deep.equal(['change', 'ok'])
    expect(await host.sh('stat -c %U /home/dora; getent shadow dora | cut -d: -f2; ls -A /var/lib/stead/unfinished')).to.equal(`dora\n${one}\n`)
  })
  it('[fault 42, fault 44] never creates half a user: something in the place of the home, and a missing skeleton, are reported first', async () => {
    await host.sh('userdel -r dora; mkdir -p /srv/way; touch /srv/way/file; ln -s /srv/nowhere /srv/way/dangling; mkfifo /srv/way/pipe')
    const refused: [UserArguments, string][] = [
      [{ name: 'dora', home: '/srv/way/file' }, '/srv/way/file, the home directory of dora, is a file'],
      [{ name: 'dora', home: '/srv/way/pipe' }, '/srv/way/pipe, the home directory of dora, is neither a file nor a directory'],
      [{ name: 'dora', home: '/srv/way/dangling' }, 'is a broken symbolic link (to /srv/nowhere)'],
      [{ name: 'dora', home: '/srv/way/file/below' }, '/srv/way/file is a file'],
      [{ name: 'dora', skeleton: '/srv/way/nope' }, '/srv/way/nope, the skeleton for the home directory of dora, does not exist'],
      [{ name: 'dora', skeleton: '/srv/way/file' }, 'is not a directory'],
      [{ name: 'dora', locked: false }, 'dora has no password: without the lock anybody could log in'],
    ]
    for (const [args, message] of refused) for (const check of [true, false]) expect((await apply(args, check)).error, JSON.stringify(args)).to.contain(message)
    expect((await host.trySh('getent passwd dora')).exitCode).to.equal(2)
    expect(await statesOf(user({ name: 'dora', home: '/srv/way/file', createHome: false }))).to.deep.equal(['change', 'ok'])
    await host.sh('userdel dora; rm -r /srv/way')
  })
  it('[fault 52] removes every lock mark, and recognises the hash behind two of them', async () => {
    await host.sh(`useradd -M dora; usermod -p '!!${one}' dora`)
    expect((await apply({ name: 'dora', password: secret(one) })).status).to.equal('ok')
    expect((await apply({ name: 'dora', locked: false })).changes[0]?.diff).to.equal('locked: true → false')
    expect(await host.sh('getent shadow dora | cut -d: -f2; usermod -p !! dora')).to.equal(`${one}\n`)
    for (const check of [true, false]) expect((await apply({ name: 'dora', locked: false }, check)).error).to.contain('has no password')
    expect(await host.sh('getent shadow dora | cut -d: -f2')).to.equal('!!\n')
    expect(await statesOf(user({ name: 'dora', locked: false, password: secret('*') }))).to.deep.equal(['change', 'ok'])
  })
  it('[fault 58] never gives one number to two accounts: that is reported before anything is done', async () => {
    const twice = [user({ name: 'gina', uid: 1601 }), group({ name: 'gang', gid: 1602 }), user({ name: 'hans', uid: 1601 }), group({ name: 'horde', gid: 1602 })]
    for (const check of [true, false]) {
      const report = await host.run(twice, { check })
      expect([report.status, report.tasks, report.error]).to.satisfy(([status, tasks, error]: [string, unknown[], string]) => status === 'failed' && tasks.length === 0
        && error.includes('It gives the UID 1601 to user hans, but the earlier task "1 user" gives it to user gina') && error.includes('the GID 1602 to group horde, but the earlier task "2 group"'))
    }
    expect(String((await host.trySh('getent passwd gina hans; getent group gang horde')).stdout)).to.equal('')
  })
  it('[fault 58] reuses a number that an earlier task takes from another account, in check mode too', async () => {
    await host.sh('userdel -r dora; groupdel -f dora; useradd -M -u 1603 dora; groupadd -g 1604 crew')
    const handOver = () => [user({ name: 'dora', uid: 1605 }), user({ name: 'gina', uid: 1603 }), group({ name: 'crew', state: 'absent' }), group({ name: 'gang', gid: 1604 })]
    for (const check of [true, false]) expect((await host.run(handOver(), { check })).tasks.map(({ status }) => status)).to.deep.equal(['change', 'change', 'change', 'change'])
    await host.sh('useradd -M -o -u 1603 aaa; sed -i -n -e "1{/./p}" -e "2,$ p" /etc/passwd; userdel -r gina; userdel aaa; userdel dora; groupdel gang')
  })
  it('[user 5] sets the mode of a home from HOME_MODE of login.defs, before its UMASK', async () => {
    await host.sh("userdel -r dora; cp -p /etc/login.defs /etc/login.before; printf 'HOME_MODE\\t0711\\nUMASK\\t077\\n' >>/etc/login.defs; sed -i '/^UMASK[ \\t]*022/d' /etc/login.defs")
    try {
      expect((await apply({ name: 'dora' })).status).to.equal('change')
      expect(await host.sh('stat -c %a /home/dora')).to.equal('711\n')
    } finally {
      await host.sh('mv /etc/login.before /etc/login.defs; userdel -r dora')
    }
  })
  it('[user 7] creates a home from a skeleton without touching the targets of its links', async () => {
    await host.sh('rm -rf /tmp/skel; mkdir -p /tmp/skel; echo x >/tmp/skel/own; echo y >/tmp/roots; ln -s /tmp/roots /tmp/skel/link; userdel -r eve || :')
    await apply({ name: 'eve', skeleton: '/tmp/skel' })
    expect(await host.sh('stat -c "%U %N" /tmp/roots /home/eve/own /home/eve/link')).to.equal("root '/tmp/roots'\neve '/home/eve/own'\neve '/home/eve/link' -> '/tmp/roots'\n")
    await host.sh('userdel -r eve')
    expect((await apply({ name: 'eve', skeleton: '/dev/null' })).status).to.equal('change')
    expect(await host.sh('ls -A /home/eve')).to.equal('')
  })
  it('[user 8] changes the home and leaves its data, or moves it when asked', async () => {
    await host.sh('touch /home/eve/data')
    await apply({ name: 'eve', home: '/srv/eve' })
    expect(await host.sh('ls -d /home/eve/data; ls -A /srv/eve | wc -l')).to.match(/data\n\d+\n/)
    await host.sh('touch /srv/eve/mark; chown eve /srv/eve/mark; rm -rf /home/eve')
    await apply({ name: 'eve', home: '/home/eve', moveHome: true })
    expect(await host.sh('ls /home/eve/mark; ls -d /srv/eve 2>/dev/null || echo gone')).to.equal('/home/eve/mark\ngone\n')
    expect((await apply({ name: 'eve', home: '/home/eve', moveHome: true })).status).to.equal('ok')
  })
  it('[user 8] moves a home below directories that do not exist yet, and refuses an occupied path before anything changes', async () => {
    const before = await passwd('eve')
    await host.sh('mkdir /srv/taken')
    expect(await refusal(host, () => user({ name: 'eve', home: '/srv/taken', moveHome: true }))).to.contain('/srv/taken already exists')
    expect(await passwd('eve')).to.equal(before)
    await host.sh('ls /home/eve/mark; rmdir /srv/taken')
    expect(await statusesOf(host, ...['/srv/deeper/still/eve', '/home/eve'].map(home => user({ name: 'eve', home, moveHome: true })))).to.deep.equal(['change', 'change'])
    await host.sh('ls /home/eve/mark; rm -r /srv/deeper')
  })
  it('[user 9] sets and clears the expiry date, and repairs a user without a shadow entry', async () => {
    expect((await apply({ name: 'eve', expires: '2050-03-03' })).status).to.equal('change')
    expect(await host.sh('getent shadow eve | cut -d: -f8')).to.equal('29281\n')
    expect((await apply({ name: 'eve', expires: '2050-03-03' })).status).to.equal('ok')
    expect((await apply({ name: 'eve', expires: 'never' })).changes[0]?.diff).to.equal('expires: 2050-03-03 → never')
    expect((await apply({ name: 'eve', expires: 'never' })).status).to.equal('ok')
    await host.sh("sed -i '/^eve:/d' /etc/shadow")
    expect((await apply({ name: 'eve', expires: '2050-03-03' })).status).to.equal('change')
    expect((await apply({ name: 'eve', expires: '2050-03-03' })).status).to.equal('ok')
  })
  it('[user 12] refuses the uid of another user, in check mode too, and nothing is half done', async () => {
    for (const check of [true, false]) expect((await apply({ name: 'eve', uid: 1400, comment: 'new' }, check)).error).to.contain('UID 1400 already belongs to user bob')
    expect(await passwd('eve')).to.not.contain('new')
  })
  it('[user 12] reports in usermod\'s words that a user is busy, and nothing is half done', async () => {
    const before = await passwd('eve')
    await host.sh('setsid runuser -u eve -- sleep 600 >/dev/null 2>&1 & sleep 0.5')
    expect((await apply({ name: 'eve', uid: 1499, comment: 'new' })).error).to.contain('is currently used by process')
    expect((await apply({ name: 'eve', state: 'absent' })).error).to.contain('is currently used by process')
    expect(await passwd('eve')).to.equal(before)
    await host.sh('kill $(ps -o pid= -u eve); sleep 0.3')
  })
  it('[user 12] changes a uid and the files of the home with it', async () => {
    expect((await apply({ name: 'eve', uid: 1499 })).status).to.equal('change')
    expect(await host.sh('stat -c %u /home/eve/mark')).to.equal('1499\n')
  })
  it('[user 12] refuses to remove a home that belongs to another user, and leaves both', async () => {
    await host.sh('chown bob /home/eve')
    expect(await refusal(host, () => user({ name: 'eve', state: 'absent', removeHome: true }))).to.contain('belongs to bob')
    await host.sh('getent passwd eve; chown eve /home/eve')
  })
  it('[user 12] removes a user, with the home only on request; after that there is nothing to do', async () => {
    expect((await apply({ name: 'eve', state: 'absent' })).status).to.equal('change')
    expect((await apply({ name: 'eve', state: 'absent', removeHome: true })).status).to.equal('ok')
    expect(await host.sh('ls -d /home/eve; rm -r /home/eve')).to.equal('/home/eve\n')
    expect((await apply({ name: 'bob', state: 'absent', removeHome: true })).status).to.equal('change')
    expect((await host.trySh('[ -e /srv/deep/er/bob ]')).exitCode).to.equal(1)
  })
})
