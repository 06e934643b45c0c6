import { expect } from 'chai'
import { apt } from '../../modules/apt.ts'
import { command } from '../../modules/command.ts'
import { systemd } from '../../modules/systemd.ts'
import { labHost, type SpecHost } from '../helpers/module-host.ts'
import { postgresHost } from '../helpers/postgres-host.ts'
import { unitHostName } from '../helpers/unit-host.ts'

const plain = { refuses: '/bin/sh -c "echo no such setting >&2; exit 3"', dies: '/bin/kill -HUP $MAINPID', none: '', fine: '/bin/true' }

describe('a reload or restart by a handler', function () {
  this.timeout(240_000)
  let host: SpecHost
  const clean = `systemctl stop 'effect-*' 2>/dev/null; rm -f /etc/systemd/system/effect-* /etc/nginx/sites-enabled/effect /var/lib/stead/notified/*; rm -rf /var/lib/tor/effect; sed -i '/effect/d' /etc/tor/torrc; systemctl daemon-reload; systemctl reset-failed`
  before(async () => {
    host = await labHost(unitHostName)
    await host.apply(apt({ packages: ['tor', 'nginx-light', 'curl'] }))
    const files = Object.entries(plain).map(([name, reload]) => `printf '%s\\n' '[Service]' 'ExecStart=/bin/sleep infinity' ${reload ? `'ExecReload=${reload}'` : ''} >/etc/systemd/system/effect-${name}.service`)
    await host.sh(`${clean}; ${files.join('\n')}\nsystemctl daemon-reload; systemctl start ${Object.keys(plain).map(name => `effect-${name}`).join(' ')} nginx tor@default`)
  })
  after(async () => {
    await host.sh(`${clean}; systemctl restart nginx tor@default; ! [ -f /etc/nginx/sites-enabled/effect ]`)
  })

  /** What became of a handler, and whether the next run would run it again. */
  const event = async (unit: string, state: 'reloaded' | 'restarted', on = host) => {
    const { handlers: [handler] } = await on.run(({ task, handler: add }) => void task('change', command({ argv: ['true'] }), { notify: add('event', systemd({ unit, state })) }))
    const due = await on.sh('ls /var/lib/stead/notified; rm -f /var/lib/stead/notified/*')
    expect(due, 'still due').to.equal(handler?.status === 'failed' ? 'spec%3A%20event\n' : '')
    return handler?.error ?? handler?.status ?? 'none'
  }
  const show = async (unit: string, property = 'InvocationID', on = host) => (await on.sh(`systemctl show --value -p ${property} ${unit}`)).trim()

  it('[fault 8] fails if the service\'s own command fails, with its output', async () => {
    expect(await event('effect-refuses', 'reloaded')).to.contain('Could not reload effect-refuses.service').and.contain('no such setting')
  })
  it('[fault 8] fails if the service exits', async () => {
    expect(await event('effect-dies', 'reloaded')).to.contain('effect-dies.service does not run after it was reloaded')
  })
  it('[fault 8] restarts a service that cannot be reloaded; one that can keeps its invocation', async () => {
    const before = [await show('effect-none'), await show('effect-fine')]
    expect([await event('effect-none', 'reloaded'), await event('effect-fine', 'reloaded')]).to.deep.equal(['change', 'change'])
    expect(await show('effect-none')).not.to.equal(before[0])
    expect(await show('effect-fine')).to.equal(before[1])
  })
  it('[fault 8] fails if nginx keeps its old configuration because a port is in use, and works once it is free', async () => {
    await host.sh(`echo 'server { listen 127.0.0.1:8093; return 204; }' >/etc/nginx/sites-enabled/effect
setsid perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1:8093") or die; sleep 120' >/dev/null 2>&1 & echo $! >/run/effect.pid`)
    expect(await event('nginx', 'reloaded')).to.contain('still runs with its old configuration').and.contain('bind() to 127.0.0.1:8093 failed')
    expect(await event('nginx', 'restarted')).to.contain('Could not restart nginx.service').and.contain('bind() to 127.0.0.1:8093 failed')
    await host.sh('kill $(cat /run/effect.pid); systemctl reset-failed nginx; rm /etc/nginx/sites-enabled/effect; systemctl start nginx')
    await host.sh("echo 'server { listen 127.0.0.1:8093; return 204; }' >/etc/nginx/sites-enabled/effect")
    expect(await event('nginx', 'reloaded')).to.equal('change')
    expect(await host.sh('curl -s -o /dev/null -w "%{http_code}" http://127.0.0.1:8093/')).to.equal('204')
  })
  for (const unit of ['tor@default', 'tor']) {
    it(`[fault 8, fault 20] does not reload ${unit} if that would end it, and tor goes on`, async () => {
      const before = await show('tor@default', 'MainPID')
      await host.sh("echo 'EffectOption 1' >>/etc/tor/torrc")
      expect(await event(unit, 'reloaded')).to.contain('was not reloaded: it would exit').and.contain('EffectOption')
      await host.sh("sed -i '/Effect/d' /etc/tor/torrc; printf 'HiddenServiceDir /var/lib/tor/effect/\\nHiddenServicePort 80 127.0.0.1:80 # effect\\n' >>/etc/tor/torrc; install -d -o debian-tor -g debian-tor -m 700 /var/lib/tor/effect; : >/var/lib/tor/effect/hs_ed25519_secret_key")
      expect(await event(unit, 'reloaded')).to.contain('its user does not own /var/lib/tor/effect/hs_ed25519_secret_key')
      await host.sh('rm -r /var/lib/tor/effect')
      expect(await event(unit, 'reloaded')).to.equal('change')
      expect(await show('tor@default', 'MainPID')).to.equal(before)
      expect(await host.sh("cat /var/lib/tor/effect/hostname; rm -r /var/lib/tor/effect; sed -i '/effect/d' /etc/tor/torrc")).to.contain('.onion')
    })
  }
  it('[fault 8] also verifies the units to which systemd passes a restart, and fails if they do not start', async () => {
    const before = await show('tor@default')
    expect(await event('tor', 'restarted')).to.equal('change')
    expect(await show('tor@default')).not.to.equal(before)
    await host.sh("echo 'EffectOption 1' >>/etc/tor/torrc")
    expect(await event('tor', 'restarted')).to.contain('tor@default.service does not run after it was restarted').and.contain('EffectOption')
    await host.sh("sed -i '/Effect/d' /etc/tor/torrc; systemctl reset-failed tor@default; systemctl restart tor")
  })
  it('[fault 8] fails if PostgreSQL keeps its old configuration, for the cluster and the unit above it', async () => {
    const pg = await postgresHost()
    const config = '/etc/postgresql/15/main'
    await pg.sh(`cp -p ${config}/postgresql.conf ${config}/pg_hba.conf /root/`)
    try {
      expect(await event('postgresql', 'reloaded', pg)).to.equal('change')
      await pg.sh(`echo 'no_such_setting = 1' >>${config}/postgresql.conf`)
      expect(await event('postgresql@15-main', 'reloaded', pg)).to.contain('still runs with its old configuration').and.match(/postgresql.conf:\d+: no_such_setting: unrecognized configuration parameter/)
      await pg.sh(`cp -p /root/postgresql.conf ${config}/; echo 'local all all no-such-method' >>${config}/pg_hba.conf`)
      expect(await event('postgresql', 'reloaded', pg)).to.match(/pg_hba.conf:\d+: invalid authentication method "no-such-method"/)
      await pg.sh(`cp -p /root/pg_hba.conf ${config}/; echo 'max_connections = 77' >>${config}/postgresql.conf`)
      expect(await event('postgresql', 'reloaded', pg)).to.contain('needs a restart for: max_connections')
      expect(await event('postgresql', 'restarted', pg)).to.equal('change')
      expect(await pg.sh('cd /; runuser -u postgres -- psql -XAtc "show max_connections"')).to.equal('77\n')
    } finally {
      await pg.sh(`mv /root/postgresql.conf /root/pg_hba.conf ${config}/; systemctl restart postgresql@15-main`)
    }
  })
})
