import { expect } from 'chai'
import { apt } from '../../modules/apt.ts'
import { waitFor } from '../../modules/wait-for.ts'
import { labHost, type SpecHost } from '../helpers/module-host.ts'
import { runTask } from '../helpers/one-task.ts'
import { unitHostName } from '../helpers/unit-host.ts'

describe('wait-for', function () {
  this.timeout(240_000)
  let host: SpecHost
  before(async () => {
    host = await labHost(unitHostName)
    await host.sh('rm -rf /srv/wait; mkdir /srv/wait')
  })
  after(async () => {
    await host.sh('rm -rf /srv/wait')
  })
  type Arguments = Parameters<typeof waitFor>[0]
  const wait = (args: Arguments) => runTask(host, waitFor({ timeoutSeconds: 1, ...args }))
  /** Check mode waits for nothing, so what is not so fails at once. */
  const look = async (args: Arguments) => (await runTask(host, waitFor(args), { check: true })).error ?? 'ok'

  it('[archive 13] waits until a path exists, is gone or contains a text, with any bytes in it, and never reports a change', async () => {
    await host.sh('(sleep 1; printf "\\000\\377 the text \\000" >/srv/wait/file; sleep 1.5; rm /srv/wait/file) >/dev/null 2>&1 &')
    const { tasks } = await host.run(({ task }) => {
      task('there', waitFor({ path: '/srv/wait/file', timeoutSeconds: 10 }))
      task('text', waitFor({ path: '/srv/wait/file', contains: 'the text', timeoutSeconds: 10 }))
      task('gone', waitFor({ path: '/srv/wait/file', state: 'absent', timeoutSeconds: 10 }))
    })
    expect(tasks.map(({ status, changes, error }) => [status, changes, error])).to.deep.equal([['ok', [], undefined], ['ok', [], undefined], ['ok', [], undefined]])
  })
  it('[archive 13] ends in time, with what it waited for or the given message', async () => {
    const started = Date.now()
    expect((await wait({ host: '127.0.0.1', port: 12121, timeoutSeconds: 2 })).error).to.contain('waiting for 127.0.0.1:12121')
    expect(Date.now() - started).to.be.within(1900, 60_000)
    expect((await wait({ path: '/srv/wait/never', message: 'The importer is not done' })).error).to.contain('The importer is not done').and.not.contain('Timeout')
  })
  it('[archive 13] waits for a port to open, and to close again', async () => {
    await host.sh(`setsid perl -MIO::Socket::INET -e 'sleep 1; my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1:12122") or die; sleep 2' >/dev/null 2>&1 &`)
    const { tasks } = await host.run(({ task }) => {
      for (const address of [undefined, '127.0.0.1']) task(`open ${address ?? ''}`, waitFor({ port: 12122, host: address, timeoutSeconds: 10 }))
      for (const address of [undefined, '127.0.0.1']) task(`closed ${address ?? ''}`, waitFor({ port: 12122, host: address, state: 'absent', timeoutSeconds: 10 }))
    })
    expect(tasks.map(({ status, error }) => [status, error])).to.deep.equal(tasks.map(() => ['ok', undefined]))
  })
  it('looks at a port of this host and of another, listening or not, or without connections', async () => {
    for (const args of [{ port: 22 }, { port: 12121, state: 'absent' as const }, { host: '127.0.0.1', port: 22 }, { host: '127.0.0.1', port: 12121, state: 'absent' as const }, { port: 12121, state: 'drained' as const }]) {
      expect(await look(args), JSON.stringify(args)).to.equal('ok')
    }
    expect(await look({ port: 22, state: 'absent' })).to.contain('port 22 to be closed')
    expect(await look({ port: 22, state: 'drained' }), 'our own connection').to.contain('to be drained')
  })
  it('refuses what makes no sense, before any connection', () => {
    expect(waitFor({}).issues[0]?.message).to.equal('needs one of path, port and tor')
    expect(waitFor({ path: '/a', host: 'b' }).issues[0]?.argument).to.equal('host')
    expect(waitFor({ port: 1, host: 'b', state: 'drained' }).issues[0]?.argument).to.equal('state')
    expect(waitFor({ port: 1, contains: 'b' }).issues[0]?.argument).to.equal('contains')
  })
  it('does not wait in check mode: what is not so is an error on a host that is as it should be', async () => {
    const started = Date.now()
    expect(await look({ path: '/srv/wait/never', timeoutSeconds: 30 })).to.contain('/srv/wait/never')
    expect(Date.now() - started).to.be.below(25_000)
  })
  it('[fault 75] waits for a tor that has not joined its network yet, reports its progress, and since when and until when it waits', async () => {
    await host.apply(apt({ packages: ['tor'] }))
    const alone = 'runuser -u debian-tor -- tor --defaults-torrc /run/spec-tor/torrc -f /run/spec-tor/torrc --quiet --DataDirectory /run/spec-tor --SocksPort 0 --ControlSocket /run/spec-tor/control --CookieAuthentication 1 --TestingTorNetwork 1 --DirAuthority "orport=9 v3ident=0000000000000000000000000000000000000000 127.0.0.1:9 0000000000000000000000000000000000000000"'
    await host.sh(`rm -rf /run/spec-tor; install -d -o debian-tor -m 700 /run/spec-tor; : >/run/spec-tor/torrc; setsid ${alone} >/dev/null 2>&1 & i=0; until [ -S /run/spec-tor/control ] || [ $i = 100 ]; do i=$((i+1)); sleep 0.1; done`)
    try {
      host.notes.length = 0
      expect((await wait({ tor: '/run/spec-tor/control', timeoutSeconds: 2 })).error).to.match(/waiting for tor \(\/run\/spec-tor\/control\) to have joined its network.*found: \d+ % \(/)
      expect(host.notes.join()).to.match(/^task: waits for tor \(\/run\/spec-tor\/control\) to have joined its network, since \d\d:\d\d:\d\d, until \d\d:\d\d:\d\d at the latest$/)
      expect(await look({ tor: '/run/spec-tor/nosuch' })).to.contain('no tor listens on /run/spec-tor/nosuch')
    } finally {
      await host.sh('pkill -f /run/spec-tor/control; rm -rf /run/spec-tor')
    }
    expect((await wait({ tor: '/run/tor/control', timeoutSeconds: 60 })).error).to.equal(undefined)
  })
  it('takes a text literally, whatever is in it, and a link that leads nowhere for what does not exist', async () => {
    await host.sh("printf '%s\\n' '-e [a]*\\b $(id) it'\\''s' >/srv/wait/odd; ln -s /nowhere /srv/wait/link")
    expect(await look({ path: '/srv/wait/odd', contains: "-e [a]*\\b $(id) it's" })).to.equal('ok')
    expect(await look({ path: '/srv/wait/odd', contains: 'aa' })).not.to.equal('ok')
    expect(await look({ path: '/srv/wait/link' })).not.to.equal('ok')
    expect(await look({ path: '/srv/wait/link', state: 'absent' })).not.to.equal('ok')
  })
})
