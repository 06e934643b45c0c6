import { expect } from 'chai'
import fc from 'fast-check'
import { editKeys, parseKey } from '../../lib/resources/users/authorized-keys.ts'
import { parameterName, parameterPath, sameParameter } from '../../lib/resources/kernel/sysctl.ts'
import { authorizedKey } from '../../modules/authorized-key.ts'
import { directory } from '../../modules/directory.ts'
import { hostname } from '../../modules/hostname.ts'
import { sysctl } from '../../modules/sysctl.ts'
import { user } from '../../modules/user.ts'
import { aptHostName } from '../helpers/apt-host.ts'
import { fourRounds } from '../helpers/four-rounds.ts'
import { changed, errorOf, labHost, type SpecHost } from '../helpers/module-host.ts'

const name = aptHostName
const body = (letter: string) => `AAAAC3NzaC1lZDI1NTE5AAAAI${letter.repeat(43)}`
const key = (letter: string, comment = 'me') => `ssh-ed25519 ${body(letter)} ${comment}`

describe('sysctl, hostname, authorized-key', function () {
  this.timeout(240_000)
  let host: SpecHost
  before(async () => {
    host = await labHost(name)
    await host.sh('userdel -r keys 2>/dev/null; useradd -m keys; rm -f /etc/sysctl.d/zz-stead*')
  })

  fourRounds({
    host: name, name: 'a parameter of the kernel, live and at boot',
    task: () => sysctl({ name: 'net.ipv4.ip_local_port_range', value: '20000  60000' }),
    drift: 'echo 30000 50000 >/proc/sys/net/ipv4/ip_local_port_range',
    proof: 'stat -c "%i %y %z" /etc/sysctl.d/zz-stead-net.ipv4.ip_local_port_range.conf',
    holds: 'cat /etc/sysctl.d/zz-stead* /proc/sys/net/ipv4/ip_local_port_range',
    repaired: ['sysctl[net.ipv4.ip_local_port_range]\nvalue: 30000 50000 → 20000 60000'],
  })

  it('a parameter that the kernel does not have fails before its file is written', async () => {
    expect(errorOf(await host.check(sysctl({ name: 'net.ipv4.no_such', value: 1 })))).to.contain('not have a parameter net.ipv4.no_such')
    expect(errorOf(await host.run(sysctl({ name: 'net.ipv4.no_such', value: 1 })))).to.contain('not have a parameter net.ipv4.no_such')
    expect(changed(await host.apply(sysctl({ name: 'net.ipv4.no_such', value: 1, live: false })))).to.deep.equal(['file[/etc/sysctl.d/zz-stead-net.ipv4.no_such.conf]'])
    expect(changed(await host.apply(sysctl({ name: 'net.ipv4.no_such', state: 'absent' })))).to.deep.equal(['file[/etc/sysctl.d/zz-stead-net.ipv4.no_such.conf]'])
  })

  it('a value that the kernel refuses is not set at the next boot either', async () => {
    await host.sh('rm -f /etc/sysctl.d/zz-stead*')
    const error = errorOf(await host.run(sysctl({ name: 'net.ipv4.ip_local_port_range', value: 'no range' })))
    expect(error).to.contain('sysctl[net.ipv4.ip_local_port_range]').and.contain('The kernel does not accept "no range" for net.ipv4.ip_local_port_range: Invalid argument')
    expect(await host.sh('ls /etc/sysctl.d')).not.to.contain('zz-stead')
  })

  it('a parameter has its value after a boot too, whatever /etc/sysctl.conf says, and that file stays as it is', async () => {
    await host.sh('cp -p /etc/sysctl.conf /etc/sysctl.before; echo net.ipv4.ip_local_port_range=31000 32000 >>/etc/sysctl.conf; cp /etc/sysctl.conf /etc/sysctl.after')
    try {
      await host.apply(sysctl({ name: 'net/ipv4/ip_local_port_range', value: '20000 60000' }))
      await host.sh('/lib/systemd/systemd-sysctl --prefix=/proc/sys/net/ipv4/ip_local_port_range')
      expect((await host.sh('cat /proc/sys/net/ipv4/ip_local_port_range')).trim().split(/\s+/)).to.deep.equal(['20000', '60000'])
      await host.apply(sysctl({ name: 'net.ipv4.ip_local_port_range', state: 'absent' }))
      await host.sh('cmp /etc/sysctl.conf /etc/sysctl.after; ! ls /etc/sysctl.d/zz-stead*')
    } finally {
      await host.sh('mv /etc/sysctl.before /etc/sysctl.conf; rm /etc/sysctl.after')
    }
  })

  it('[fault 25] a value that the kernel rounds or prints in another form is set once and then left alone', async () => {
    const given = { 'net.ipv4.ip_local_reserved_ports': '8080,9000-9002,9001', 'net.ipv4.tcp_fin_timeout': '0x20', 'net.ipv4.tcp_retries2': '017', 'net.ipv4.neigh.lo.retrans_time_ms': '1001', 'net.ipv4.ip_local_port_range': '20000\t 60000' }
    const all = Object.entries(given).map(([parameter, value]) => sysctl({ name: parameter, value }))
    try {
      expect(errorOf(await host.run(all))).to.equal(undefined)
      expect((await host.sh(`cat ${Object.keys(given).map(parameter => parameterPath(parameter)).join(' ')}`)).split('\n').slice(0, 3)).to.deep.equal(['8080,9000-9002', '32', '15'])
      expect(changed(await host.apply(all))).to.deep.equal([])
      expect((await host.check(all)).status).to.equal('ok')
      await host.sh('echo 33 >/proc/sys/net/ipv4/tcp_fin_timeout; echo 2000 >/proc/sys/net/ipv4/neigh/lo/retrans_time_ms')
      expect(changed(await host.apply(all))).to.deep.equal(['sysctl[net.ipv4.neigh.lo.retrans_time_ms]', 'sysctl[net.ipv4.tcp_fin_timeout]'])
      expect(changed(await host.apply(all))).to.deep.equal([])
    } finally {
      await host.sh('rm -rf /etc/sysctl.d/zz-stead* /var/lib/stead/sysctl')
    }
  })

  it('[fault 25] values are compared as the kernel interprets them', () => {
    for (const [one, other] of [['0x20', '32'], ['01', '1'], ['-1', '-01'], ['1  2', '1\t2'], ['8080,9000-9002,9001', '8080,9000-9002'], ['3,1-2', '1-3'], ['4096 0x10 1', '4096\t16\t1']] as const) expect(sameParameter(one, other), one).to.equal(true)
    for (const [one, other] of [['20', '0x20'], ['08', '8'], ['1 2', '12'], ['1-2', '1-3'], ['|/bin/x %p', '|/bin/x %P'], ['', '0']] as const) expect(sameParameter(one, other), one).to.equal(false)
    fc.assert(fc.property(fc.integer({ min: 0 }), value => sameParameter(String(value), `0x${value.toString(16)}`) && sameParameter(String(value), `0${value.toString(8)}`)))
    fc.assert(fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { minLength: 2 }), ports => sameParameter(ports.join(','), [...ports].sort((a, b) => a - b).join(','))))
  })

  it('a dot within a part of a parameter is written as a slash, or the other way round where a slash comes first', () => {
    expect(['net/ipv4/ip_forward', 'net/ipv4/conf/eth0.1/forwarding', 'net.ipv4.conf.eth0/1.forwarding'].map(parameterName))
      .to.deep.equal(['net.ipv4.ip_forward', 'net.ipv4.conf.eth0/1.forwarding', 'net.ipv4.conf.eth0/1.forwarding'])
    expect(parameterPath('net.ipv4.conf.eth0/1.forwarding')).to.equal('/proc/sys/net/ipv4/conf/eth0.1/forwarding')
  })

  fourRounds({
    host: name, name: 'the name of the host, now and at boot',
    task: () => hostname({ name: 'apt-renamed' }),
    prepare: 'hostname before; echo before >/etc/hostname',
    drift: 'hostname other',
    proof: 'stat -c "%i %y %z" /etc/hostname',
    holds: 'uname -n; cat /etc/hostname',
    repaired: ['running: other → apt-renamed'],
  })

  it('[fault 42] a name that cannot be written leaves nothing behind: no other file, and the old running name', async () => {
    const before = await host.sh('uname -n; cat /etc/hostname; chattr +i /etc/hostname; ls -A /etc')
    try {
      expect(errorOf(await host.run(hostname({ name: 'never-so' })))).to.contain('/etc/hostname has the attribute i (immutable)')
    } finally {
      await host.sh('chattr -i /etc/hostname')
    }
    expect(await host.sh('uname -n; cat /etc/hostname; ls -A /etc')).to.equal(before)
  })

  fourRounds({
    host: name, name: 'a key by which somebody may log in',
    task: () => authorizedKey({ user: 'keys', keys: [key('A', 'ä'), `from="10.0.0.0/8,*.example.org",command="echo \\"hi\\"" ${key('B')}`] }),
    prepare: 'rm -rf /home/keys/.ssh',
    drift: `printf '# mine\\n%s' 'no-pty ${key('A', 'other')}' >/home/keys/.ssh/authorized_keys; chmod 755 /home/keys/.ssh; sed -i 's/# mine//' /home/keys/.ssh/authorized_keys; sed -i 1d /home/keys/.ssh/authorized_keys`,
    proof: 'stat -c "%i %y %z" /home/keys/.ssh /home/keys/.ssh/*',
    holds: 'cat /home/keys/.ssh/authorized_keys; stat -c "%a %U %G" /home/keys/.ssh /home/keys/.ssh/authorized_keys',
    repaired: ['mode: 0755 → 0700', 'file[/home/keys/.ssh/authorized_keys]'],
  })

  it('[fault 18] a key that is commented out stays so and does not count as a key, even if it is the one to add', async () => {
    const comments = [`# ${key('A')}`, `#${key('A')}`, ` \t# ${key('A')}`, `#no-pty ${key('A')}`, `# from="10.0.0.0/8" ${key('A')}`].join('\n')
    await host.sh(`install -d -o keys -m 700 /home/keys/.ssh; cat >/home/keys/.ssh/authorized_keys <<'END'\n${comments}\nEND`)
    await host.apply(authorizedKey({ user: 'keys', keys: [key('A')] }))
    expect(await host.sh('cat /home/keys/.ssh/authorized_keys')).to.equal(`${comments}\n${key('A')}\n`)
    await host.apply(authorizedKey({ user: 'keys', keys: [key('A')], state: 'absent' }))
    expect(await host.sh('cat /home/keys/.ssh/authorized_keys')).to.equal(`${comments}\n`)
    expect(authorizedKey({ user: 'keys', keys: [`# ${key('A')}`] }).issues.length).to.equal(1)
  })

  it('[fault 19] no home directory is created as root for the sake of a key: a missing one is reported, in a check too', async () => {
    await host.sh('userdel -r homeless 2>/dev/null; useradd -M -d /srv/homeless homeless')
    const keys = () => authorizedKey({ user: 'homeless', keys: [key('A')] })
    for (const report of [await host.check(keys()), await host.run(keys())]) expect(errorOf(report)).to.contain('/srv/homeless, the home directory of homeless, does not exist').and.contain('createHome: true')
    expect((await host.trySh('[ -e /srv/homeless ]')).exitCode).to.equal(1)
    expect(changed(await host.apply(authorizedKey({ user: 'homeless', keys: [key('A')], state: 'absent' })))).to.deep.equal([])
    const both = () => [directory({ path: '/srv/homeless', owner: 'homeless', mode: '0750' }), keys()]
    expect((await host.check(both())).tasks.map(({ status }) => status)).to.deep.equal(['change', 'change'])
    await host.apply(both())
    expect(await host.sh('stat -c "%U %a" /srv/homeless /srv/homeless/.ssh; userdel -r homeless')).to.equal('homeless 750\nhomeless 700\n')
  })

  it('[fault 22] a key that somebody else adds at the same time is not lost: the file is read and planned again', async () => {
    await host.sh(`rm -rf /home/keys/.ssh; install -d -o keys -m 700 /home/keys/.ssh; echo '${key('C')}' >/home/keys/.ssh/authorized_keys`)
    // The new file is given its owner after the old one was read, and before it takes its place.
    await host.sh(`mv /usr/bin/chown /usr/bin/chown.real; printf '#!/bin/sh\\n[ -e /run/spec-added ] || { : >/run/spec-added; echo "%s" >>/home/keys/.ssh/authorized_keys; }\\nexec chown.real "$@"\\n' '${key('D')}' >/usr/bin/chown; chmod 755 /usr/bin/chown`)
    try {
      await host.apply(authorizedKey({ user: 'keys', keys: [key('A')] }))
      await host.sh('[ -e /run/spec-added ]')
    } finally {
      await host.sh('mv /usr/bin/chown.real /usr/bin/chown; rm -f /run/spec-added')
    }
    expect(await host.sh('cat /home/keys/.ssh/authorized_keys')).to.equal(`${key('C')}\n${key('D')}\n${key('A')}\n`)
  })

  it('[fault 10] the same key twice in a list with different options or comments is an argument error; identical lines are fine', () => {
    const twice = authorizedKey({ user: 'keys', keys: [key('A'), key('B'), `restrict ${key('A')}`, key('B', 'other'), ` ${key('A')}`] })
    expect(twice.issues.map(({ argument }) => argument)).to.deep.equal(['keys.2', 'keys.3'])
    expect(twice.issues[0]?.message).to.contain('contradicts entry 0')
    expect(authorizedKey({ user: 'keys', keys: [key('A'), key('A', 'x')], state: 'absent' }).issues).to.deep.equal([])
  })

  it('other keys stay, unless exclusive', async () => {
    await host.sh(`install -d -o keys -m 700 /home/keys/.ssh; printf '# note\\n\\377\\n%s\\n' '${key('C')}' >/home/keys/.ssh/authorized_keys`)
    await host.apply(authorizedKey({ user: 'keys', keys: [key('A')] }))
    expect(host.bytesOf('/home/keys/.ssh/authorized_keys').toString('latin1')).to.equal(`# note\n\xff\n${key('C')}\n${key('A')}\n`)
    await host.apply(authorizedKey({ user: 'keys', keys: [key('A')], exclusive: true }))
    expect(host.bytesOf('/home/keys/.ssh/authorized_keys').toString('latin1')).to.equal(`# note\n\xff\n${key('A')}\n`)
    await host.apply(authorizedKey({ user: 'keys', keys: [key('A', 'whoever')], state: 'absent' }))
    expect(host.bytesOf('/home/keys/.ssh/authorized_keys').toString('latin1')).to.equal('# note\n\xff\n')
    expect(changed(await host.apply(authorizedKey({ user: 'keys', keys: [key('A')], state: 'absent' })))).to.deep.equal([])
  })

  it('exclusive is refused if it would leave no key', () => {
    for (const args of [{ keys: [key('A')], state: 'absent' as const }, { keys: [] }]) expect(authorizedKey({ user: 'keys', exclusive: true, ...args }).issues.map(({ argument }) => argument)).to.deep.equal(['exclusive'])
  })

  it('a directory for the keys of several users belongs to none of them', async () => {
    await host.sh('rm -rf /etc/ssh/spec-keys; userdel -r other 2>/dev/null; useradd -m other')
    for (const user of ['keys', 'other']) await host.apply(authorizedKey({ user, keys: [key('A')], path: `/etc/ssh/spec-keys/of/${user}` }))
    expect(await host.sh('cd /etc/ssh; stat -c "%n %U %a" spec-keys spec-keys/of spec-keys/of/*; rm -r spec-keys; userdel -r other')).to.equal('spec-keys root 755\nspec-keys/of root 755\nspec-keys/of/keys keys 600\nspec-keys/of/other other 600\n')
  })

  it('a link that a user put in place of the keys is refused, and its target is untouched', async () => {
    await host.sh('install -d -o keys -m 700 /home/keys/.ssh; echo precious >/root/precious; ln -sf /root/precious /home/keys/.ssh/authorized_keys')
    expect(errorOf(await host.run(authorizedKey({ user: 'keys', keys: [key('A')] })))).to.contain('link')
    expect(await host.sh('cat /root/precious; rm /home/keys/.ssh/authorized_keys')).to.equal('precious\n')
  })

  it('a link that a user put in place of the directory of the keys is refused, and its target is untouched', async () => {
    await host.sh('rm -rf /home/keys/.ssh /root/inner; mkdir /root/inner; runuser -u keys -- ln -s /root/inner /home/keys/.ssh')
    expect(errorOf(await host.check(authorizedKey({ user: 'keys', keys: [key('A')] })))).to.contain('link')
    expect(errorOf(await host.run(authorizedKey({ user: 'keys', keys: [key('A')] })))).to.contain('link')
    expect(await host.sh('stat -c %U /root/inner; ls -A /root/inner; rm /home/keys/.ssh')).to.equal('root\n')
  })

  it('a user that does not exist is an error, unless the same run makes him', async () => {
    expect(errorOf(await host.run(authorizedKey({ user: 'nobody-knows', keys: [key('A')] })))).to.contain('no user nobody-knows')
    const check = await host.check([user({ name: 'later', home: '/srv/later' }), authorizedKey({ user: 'later', keys: [key('A')] })])
    // What the new home begins with may hold keys already.
    expect(check.tasks.map(({ status }) => status)).to.deep.equal(['change', 'may-change'])
  })

  it('[fault 18] exactly what sshd takes as a key counts as one', () => {
    const blanks = fc.string({ unit: fc.constantFrom(' ', '\t'), maxLength: 3 })
    fc.assert(fc.property(blanks, fc.string({ unit: fc.constantFrom('#', 'a', '"', '\\', ',', '\u00a0'), maxLength: 8 }), (blank, options) => {
      const parsed = parseKey(`${blank}${options}${options ? ' ' : ''}${key('A')}`)
      // sshd(8): a line that begins with a # is a comment; options end at a blank that is not between quotes.
      const closed = (options.replaceAll('\\"', '').split('"').length - 1) % 2 === 0
      expect(parsed?.options).to.equal(options.startsWith('#') || !closed ? undefined : options)
    }))
    for (const text of [`\u00a0${key('A')}`, `\v${key('A')}`]) expect(parseKey(text), JSON.stringify(text)).to.equal(undefined)
  })

  it('keys are identified by their bodies, regardless of options and comment', () => {
    expect(parseKey(`command="a b \\" c",no-pty ${key('A')} and more`)).to.deep.equal({ options: 'command="a b \\" c",no-pty', type: 'ssh-ed25519', blob: body('A'), comment: 'me and more' })
    for (const text of ['', '# ssh', 'ssh-ed25519', 'ssh-ed25519 !!!', 'rsa AAAA']) expect(parseKey(text), text).to.equal(undefined)
    expect(authorizedKey({ user: 'keys', keys: ['nonsense', `${key('A')}\n${key('B')}`] }).issues.length).to.equal(2)
  })

  it('any other line is kept, byte for byte, and a second edit changes nothing', () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.string().filter(text => !text.includes('\n') && !parseKey(text)), fc.constantFrom(key('A'), key('B'), `no-pty ${key('A', 'x')}`))), before => {
      const text = before.join('\n')
      const once = editKeys(text, [key('A')], { present: true, exclusive: false })
      const others = (of: string) => of.split('\n').filter(each => parseKey(each)?.blob !== body('A')).join('\n').replace(/\n*$/, '')
      expect(others(once)).to.equal(others(text))
      expect(editKeys(once, [key('A')], { present: true, exclusive: false })).to.equal(once)
      expect(once.split(body('A')).length).to.equal(2)
    }))
  })
})
