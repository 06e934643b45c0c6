import { createPrivateKey } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import { labPlace } from '../../lab/place.ts'
import { knownHostsFile } from '../../lab/keys.ts'
import { labStatus, torReady } from '../../lab/index.ts'
import { driftRounds } from '../helpers/drift-rounds.ts'
import { eventually } from '../helpers/eventually.ts'
import { fileListing } from '../helpers/file-listing.ts'
import { heldAgainst } from '../helpers/foretold.ts'
import { Gate } from '../helpers/gate.ts'
import type { LabHost } from '../helpers/lab-host.ts'
import { blankHosts } from '../helpers/lab-lifecycle.ts'
import { leaks, type Hidden } from '../helpers/leaks.ts'
import { MatrixUser, OnionClient } from '../helpers/onion-client.ts'
import { Stead, type Run } from '../helpers/run-stead.ts'
import { WorkDirectory } from '../helpers/work-directory.ts'

const playbook = 'playbooks/synapse.ts'
const names = ['spec-alice', 'spec-bob'] as const
/** What stands for an onion's address in a check, before there is one. */
const placeholder = /knownafterapplyx*\.onion/g

/** Damage done to a converged host, and what a check must say of it: this, and nothing else. */
interface Drift {
  what: string
  damage: string
  task: string
  resources: string[]
  handlers: string[]
  /** A script that fails for as long as the damage is there. */
  proof: string
}

/** What is on the host, as others than stead see it. */
const whole = `nginx -t -q 2>&1; systemctl is-active matrix-synapse nginx tor@default postgresql@15-main; systemctl is-enabled matrix-synapse nginx tor postgresql
cat /var/lib/tor/synapse/hostname; sha256sum /etc/matrix-synapse/homeserver.yaml; stat -c '%n %U %G %a' /etc/matrix-synapse /etc/matrix-synapse/* /etc/matrix-synapse/tls/*; ls /etc/nginx/sites-enabled
curl -s --noproxy '*' -o /dev/null -w '%{http_code}\\n' http://127.0.0.1:8080/; /opt/matrix-synapse/venv/bin/python3 -c 'import synapse; print(synapse.__version__)' 2>&1`

const drifts: Drift[] = [
  {
    what: 'an edited homeserver.yaml',
    damage: "sed -i 's/^report_stats: false/report_stats: true/' /etc/matrix-synapse/homeserver.yaml",
    task: 'homeserver.yaml', resources: ['file[/etc/matrix-synapse/homeserver.yaml]'], handlers: ['Restart Synapse'],
    proof: "grep -qx 'report_stats: false' /etc/matrix-synapse/homeserver.yaml",
  },
  {
    what: 'a stopped nginx',
    damage: 'systemctl stop nginx',
    task: 'nginx runs', resources: ['unit[nginx.service]'], handlers: [],
    proof: 'systemctl is-active -q nginx && curl -sf --noproxy "*" http://127.0.0.1:8080/ >/dev/null',
  },
  {
    what: 'the onion service missing from torrc',
    damage: "sed -i '/BEGIN stead onion service/,/END stead onion service/d' /etc/tor/torrc",
    task: 'Onion service', resources: ['file[/etc/tor/torrc]'], handlers: ['Reload Tor'],
    proof: 'grep -qx "HiddenServiceDir /var/lib/tor/synapse/" /etc/tor/torrc',
  },
  {
    what: 'a secret that others may read',
    damage: 'chmod 0644 /etc/matrix-synapse/macaroon.secret',
    task: 'Secret: macaroon', resources: ['secret[/etc/matrix-synapse/macaroon.secret]'], handlers: ['Restart Synapse'],
    proof: '[ "$(stat -c %a /etc/matrix-synapse/macaroon.secret)" = 640 ]',
  },
  {
    what: 'a Python package missing from the virtual environment',
    damage: 'rm -r /opt/matrix-synapse/venv/lib/python3*/site-packages/jinja2 /opt/matrix-synapse/venv/lib/python3*/site-packages/[jJ]inja2-*.dist-info',
    task: 'Virtual environment with Synapse', resources: ['venv[/opt/matrix-synapse/venv]'], handlers: ['Restart Synapse'],
    proof: '/opt/matrix-synapse/venv/bin/python -c "import jinja2"',
  },
  {
    what: 'a database that belongs to somebody else',
    damage: "runuser -u postgres -- psql -qc 'ALTER DATABASE synapse OWNER TO postgres'",
    task: 'Database of Synapse', resources: ['postgres-database[synapse]'], handlers: [],
    proof: `[ "$(runuser -u postgres -- psql -XAtc "select pg_get_userbyid(datdba) from pg_database where datname = 'synapse'")" = synapse_user ]`,
  },
  {
    what: 'the deleted link of the nginx site',
    damage: 'rm /etc/nginx/sites-enabled/synapse.conf',
    task: 'nginx site', resources: ['nginx-site[synapse]'], handlers: ['Reload nginx', 'The onion answers through Tor'],
    proof: '[ "$(readlink -e /etc/nginx/sites-enabled/synapse.conf)" = /etc/nginx/sites-available/synapse.conf ]',
  },
]

describe('The Synapse playbook, on two hosts of the lab', function () {
  this.timeout(180_000)

  const work = new WorkDirectory('synapse')
  const stead = new Stead(work)
  const inventory = work.inventory('two.ts', { 'spec-alice': { groups: ['homeservers'] }, 'spec-bob': { groups: ['homeservers'] } })
  let hosts: Record<(typeof names)[number], LabHost>
  let client: OnionClient
  let checked: Run
  let converged: Run
  let processes: Record<string, string[]>

  const each = <Result>(look: (host: LabHost) => Promise<Result>): Promise<Result[]> => Promise.all(names.map(name => look(hosts[name])))
  const onionOf = (host: LabHost): string => readFileSync(path.join(host.root, 'var/lib/tor/synapse/hostname'), 'utf8').trim()
  const summary = (run: Run, { name }: LabHost) => ({ status: run.status, tasks: run.notOk(name), resources: run.resources(name), handlers: run.handlers(name) })
  const expectNothingToDo = (run: Run, on: readonly string[] = names): void => {
    expect(run.status, run.told).to.equal(0)
    for (const name of on) expect([run.notOk(name), run.handlers(name)], run.told).to.deep.equal([[], []])
  }

  before(async function () {
    this.timeout(600_000)
    hosts = await blankHosts(...names)
    // A host that still boots would write by itself.
    await each(host => host.run('systemctl is-system-running --wait >/dev/null'))
  })

  after(() => work.remove())

  describe('a check of a blank host', () => {
    let untouched: string[][]

    before(async () => {
      untouched = names.map(name => fileListing(hosts[name].overlay))
      checked = await stead.run(playbook, inventory, '--check')
    })

    it('writes nothing on it: every file, time and directory is as it was', async () => {
      expect(names.map(name => fileListing(hosts[name].overlay))).to.deep.equal(untouched)
      expect(await each(host => host.run('ls -A /tmp /run/stead /dev/shm 2>&1 || :'))).to.satisfy((all: string[]) => all.every(listing => !listing.includes('stead-') && listing.includes('No such file')))
    })

    it('ends with status 2 and goes through all tasks that --list-tasks lists', async () => {
      expect(checked.status, checked.told).to.equal(2)
      const listed = await stead.run(playbook, inventory, '--list-tasks')
      const tasks = [...listed.stdout.matchAll(/^ {2}task (.*?)( {2}\[.*\])?$/gm)].map(([, name]) => name)
      expect(tasks).to.have.length.above(30)
      for (const name of names) expect(checked.host(name).tasks.map(task => task.name)).to.deep.equal(tasks)
    })

    it('prints every difference that is in its report, without colours where there is no terminal', () => {
      const printed = new Set(checked.stdout.split('\n').map(line => line.trim()))
      const lines = names.flatMap(name => checked.host(name).tasks.flatMap(({ changes }) => changes.flatMap(({ diff }) => diff.split('\n'))))
      expect(lines.filter(line => !printed.has(line.trim()))).to.deep.equal([])
      expect(checked.stdout + checked.stderr).not.to.include('\u001b')
    })

    it('is unsure of less than a fifth of the tasks, and says why each time', () => {
      for (const name of names) {
        const { tasks } = checked.host(name)
        const unsure = tasks.filter(({ status }) => status === 'may-change')
        expect(unsure.length, unsure.map(task => task.name).join(', ')).to.be.below(tasks.length / 5)
        for (const task of unsure) expect(task.changes.map(({ reason = '' }) => reason), task.name).to.satisfy((reasons: string[]) => reasons.some(reason => reason.length > 10))
      }
    })
  })

  describe('a run on blank hosts', () => {
    before(async function () {
      this.timeout(420_000)
      const watches = names.map(name => ({ name, watch: hosts[name].watch('ps axwwe -o args', 0.2) }))
      converged = await stead.run(playbook, inventory)
      processes = Object.fromEntries(await Promise.all(watches.map(async ({ name, watch }): Promise<[string, string[]]> => [name, await watch.stop()])))
      const status = await labStatus()
      if (!status) throw new Error('The lab is gone.')
      client = new OnionClient(status.tor.socks)
      await torReady()
    })

    it('converges both in one go, and prints the address of each onion', () => {
      expect(converged.status, converged.told).to.equal(0)
      for (const name of names) {
        expect(onionOf(hosts[name])).to.match(/^[a-z2-7]{56}\.onion$/)
        expect(converged.stdout).to.include(`http://${onionOf(hosts[name])}/`)
      }
    })

    it('makes only changes that the check foretold, and every change that the check was sure of', () => {
      for (const name of names) expect(heldAgainst(checked.host(name), converged.host(name))).to.deep.equal({ unforetold: [], untrue: [] })
    })

    it('writes into every file what the check showed, but for the address of the onion', () => {
      for (const name of names) {
        const { root } = hosts[name]
        const shown = checked.host(name).tasks.flatMap(({ changes }) => changes.flatMap(({ resource, diff }) => {
          const file = /^file\[(.*)\]$/.exec(resource)?.[1] ?? resource.replace(/^nginx-site\[(.*)\]$/, '/etc/nginx/sites-available/$1.conf')
          const added = diff.split('\n').filter(line => /^\+(?!\+\+ desired$)/.test(line)).map(line => line.slice(1).replaceAll(placeholder, onionOf(hosts[name])))
          return file.startsWith('/') && added.length > 0 ? [{ file, added }] : []
        }))
        const files = shown.map(({ file }) => file)
        expect(files).to.include.members(['homeserver.yaml', 'log.yaml', 'resolv.conf', 'nsswitch.conf'].map(file => `/etc/matrix-synapse/${file}`))
        expect(files).to.include.members(['/etc/tor/torrc', '/etc/nginx/sites-available/synapse.conf', '/etc/systemd/system/matrix-synapse.service', '/var/www/element/config.json'])
        for (const { file, added } of shown) {
          const lines = readFileSync(path.join(root, file), 'utf8').split('\n')
          expect(added.filter(line => !lines.includes(line)), file).to.deep.equal([])
          // torrc is Debian's too; every other file is the playbook's alone.
          if (file !== '/etc/tor/torrc') expect(added, file).to.deep.equal(lines.slice(0, -1))
        }
      }
    })

    it('publishes the client API, the web client, and federation by http and by https, all through Tor', async () => {
      await each(async host => {
        const onion = onionOf(host)
        await eventually(90, async () => expect(await client.get(`http://${onion}/_matrix/client/versions`)).to.include('"v1.1"'))
        expect(await client.get(`http://${onion}/`)).to.include('<h1>Element stand-in</h1>')
        expect(await client.get(`http://${onion}:8448/_matrix/federation/v1/version`)).to.include('"Synapse"')
        expect(await client.get(`https://${onion}:8448/_matrix/federation/v1/version`, { insecure: true })).to.include('"Synapse"')
      })
    })

    it('leaves nothing that listens on an address others can reach, but sshd', async () => {
      for (const sockets of await each(host => host.run('ss -Hlntup'))) {
        const rows = sockets.split('\n').map(line => line.trim().split(/\s+/))
        const reachable = rows.filter(([, , , , local = '']) => !/^(127\.|\[::1\]|\[::ffff:127\.)/.test(local))
        expect(reachable.map(([protocol, , , , local = '', , process = '']) => `${protocol} ${local.split(':').at(-1)} ${/"([^"]*)"/.exec(process)?.[1]}`))
          .to.satisfy((found: string[]) => found.length > 0 && found.every(one => one === 'tcp 22 sshd'), sockets)
        expect(rows.length, 'the services on loopback are seen too').to.be.above(8)
      }
    })
  })

  describe('what would tell who somebody is, or where', () => {
    /** What asks Tor's resolver for a record of a type; prints the answer's RCODE (RFC 1035, 4.1.1). */
    const rcode = (type: number) => `python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(20)
s.sendto(b"\\0\\1\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\7_matrix\\4_tcp\\7example\\3org\\0\\0" + bytes([${type}]) + b"\\0\\1", ("127.0.0.1", 53)); print(s.recv(512)[3] & 15)'`

    it('does not get out: Synapse reaches no place but onions, and neither does whoever asks Tor as it does', async () => {
      const connect = (url: string) => `curl -s -o /dev/null -w '%{http_connect}' --max-time 30 -p -x http://127.0.0.1:9080 ${url} || :`
      for (const url of ['https://example.org/', 'https://192.0.2.1/', 'http://example.org:80/']) expect(await each(host => host.run(connect(url))), url).to.deep.equal(['403', '403'])
      expect(await each(host => host.run('grep -E "^https?_proxy:" /etc/matrix-synapse/homeserver.yaml'))).to.satisfy((all: string[]) => all.every(text => text === 'http_proxy: http://127.0.0.1:9080\nhttps_proxy: http://127.0.0.1:9080'))
    })

    it('is not asked of any name server: the names of peers go to Tor, which knows no SRV (NOTIMPL)', async () => {
      expect(await each(host => host.run(rcode(33)))).to.deep.equal(['4', '4'])
      const seen = await each(host => host.run('nsenter -t "$(systemctl show --value -p MainPID matrix-synapse)" -m cat /etc/resolv.conf /etc/nsswitch.conf'))
      for (const text of seen) expect(text.split('\n').filter(line => /^(nameserver|hosts:)/.test(line))).to.deep.equal(['nameserver 127.0.0.1', 'hosts:  files'])
    })

    it('cannot be had of Synapse by a user: pushers and third-party identifiers are refused on the onion', async () => {
      const base = `http://${onionOf(hosts['spec-alice'])}/_matrix/client`
      for (const call of ['v3/pushers/set', 'r0/pushers/set', 'v3/account/3pid/bind', 'v3/account/3pid/unbind', 'unstable/account/3pid/bind']) {
        const refused = await client.call('POST', `${base}/${call}`, { body: {} }).then(() => 'let through', String)
        expect(refused, call).to.include('403').and.to.include('Disabled on this server')
      }
    })

    it('cannot be had by the admin API, which the onion does not have', async () => {
      const onion = onionOf(hosts['spec-alice'])
      for (const url of [`http://${onion}/_synapse/admin/v1/server_version`, `http://${onion}/_synapse/admin/v1/register`, `http://${onion}:8448/_synapse/admin/v1/server_version`, `https://${onion}:8448/_synapse/admin/v1/server_version`]) {
        expect(await client.get(url, { insecure: true }).then(() => 'let through', String), url).to.include('404')
      }
      expect(await each(host => host.run('curl -s --noproxy "*" http://127.0.0.1:8008/_synapse/admin/v1/register')), 'on the host itself it is there').to.satisfy((all: string[]) => all.every(text => text.includes('nonce')))
    })

    it('is not opened to every user of the host: there is no socket of Tor that all may use', async () => {
      expect(await each(host => host.run('ls /run/tor/socks 2>&1 || :'))).to.satisfy((all: string[]) => all.every(text => text.includes('No such file')))
    })
  })

  describe('a host that is as it should be', () => {
    for (const options of [[], ['--check']]) {
      it(`costs ${options.length ? 'a check' : 'a run'} one round trip, in which nothing changes`, async () => {
        const again = await stead.run(playbook, inventory, ...options)
        expectNothingToDo(again)
        for (const name of names) expect(again.host(name).roundTrips, again.told).to.equal(1)
      })
    }

    for (const options of [[], ['--check']]) {
      it(`is found so by ${options.length ? 'a check' : 'a run'} as a user who becomes root by sudo, too`, async () => {
        const again = await stead.run(playbook, inventory, '-u', 'operator', ...options)
        expectNothingToDo(again)
        for (const name of names) expect(again.host(name).roundTrips, again.told).to.equal(1)
      })
    }
  })

  describe('two homeservers', () => {
    it('federate through Tor: a room of one is joined from the other, and messages are read on both', async function () {
      this.timeout(180_000)
      const [alice, bob] = await each(async host => {
        const name = host.name.replace('spec-', '')
        await host.run(`/opt/matrix-synapse/venv/bin/register_new_matrix_user -u ${name} -p 'only in the lab' --no-admin -c /etc/matrix-synapse/homeserver.yaml http://127.0.0.1:8008`)
        return MatrixUser.login(client, onionOf(host), name, 'only in the lab')
      })
      if (!alice || !bob) throw new Error('A user is missing.')
      expect(bob.id).to.equal(`@bob:${onionOf(hosts['spec-bob'])}`)
      const room = await alice.createRoom([bob.id])
      await eventually(90, async () => expect(await bob.invitations()).to.deep.equal([room]))
      await eventually(60, () => bob.join(room))
      await alice.say(room, 'Good morning, Bob.')
      await eventually(60, async () => expect(await bob.messages(room)).to.deep.include({ sender: alice.id, body: 'Good morning, Bob.' }))
      await bob.say(room, 'Good morning, Alice.')
      await eventually(60, async () => expect(await alice.messages(room)).to.deep.include({ sender: bob.id, body: 'Good morning, Alice.' }))
    })
  })

  describe('drift', () => {
    for (const { what, damage, task, resources, handlers, proof } of drifts) {
      it(`${what}: a check names exactly that, a run repairs exactly that, and then all is well`, async function () {
        this.timeout(180_000)
        const host = hosts['spec-bob']
        const only = ['-l', host.name]
        const onion = onionOf(host)
        await host.run(damage)
        expect(await host.run(`if ${proof}; then echo whole; else echo damaged; fi`)).to.equal('damaged')

        // All three first: a surprise in one of them must not leave the damage to the drifts after it.
        const found = await stead.run(playbook, inventory, '--check', ...only)
        const repaired = await stead.run(playbook, inventory, ...only)
        const then = await stead.run(playbook, inventory, '--check', ...only)

        expect(summary(found, host), found.told).to.deep.equal({ status: 2, tasks: [task], resources, handlers })
        expect(summary(repaired, host), repaired.told).to.deep.equal({ status: 0, tasks: [task], resources, handlers })
        expect(heldAgainst(found.host(host.name), repaired.host(host.name))).to.deep.equal({ unforetold: [], untrue: [] })
        await host.run(proof)
        await host.run('nginx -t -q')
        expectNothingToDo(then, [host.name])
        expect(onionOf(host), 'the address stays').to.equal(onion)
      })
    }
  })

  describe('the key of the certificate', () => {
    for (const [what, damage] of [['lost', 'rm /etc/matrix-synapse/tls/key.pem'], ['empty', ': >/etc/matrix-synapse/tls/key.pem'], ['of another certificate', 'openssl ecparam -genkey -name prime256v1 -noout -out /etc/matrix-synapse/tls/key.pem']] as const) {
      it(`is created again with its certificate when it is ${what}, and nginx is reloaded`, async function () {
        this.timeout(180_000)
        const host = hosts['spec-bob']
        const only = ['-l', host.name]
        await host.run(damage)
        const found = await stead.run(playbook, inventory, '--check', ...only)
        const repaired = await stead.run(playbook, inventory, ...only)
        expect([found.status, repaired.status], found.told + repaired.told).to.deep.equal([2, 0])
        expect(heldAgainst(found.host(host.name), repaired.host(host.name)), found.told + repaired.told).to.deep.equal({ unforetold: [], untrue: [] })
        expect([repaired.notOk(host.name), repaired.handlers(host.name)], repaired.told).to.deep.equal([['Certificate of the onion'], ['Reload nginx']])
        await host.run('nginx -t -q')
        expect(await host.run('stat -c "%U %a %n" /etc/matrix-synapse/tls/*')).to.equal('root 600 /etc/matrix-synapse/tls/cert.pem\nroot 600 /etc/matrix-synapse/tls/key.pem')
        await eventually(90, async () => expect(await client.get(`https://${onionOf(host)}:8448/_matrix/federation/v1/version`, { insecure: true })).to.include('"Synapse"'))
        expectNothingToDo(await stead.run(playbook, inventory, '--check', ...only), [host.name])
      })
    }
  })

  describe('damage drawn by chance', () => {
    it('is repaired as a check foretold, and then all is well', async function () {
      this.timeout(240_000)
      await driftRounds({ stead, playbook, inventory, host: hosts['spec-bob'], made: converged.resources('spec-bob'), proof: whole, rounds: 2 })
    })
  })

  describe('a run that is killed after it wrote homeserver.yaml and before it restarted Synapse', () => {
    it('is finished by the next one: Synapse is restarted, and then all is well', async function () {
      this.timeout(180_000)
      const host = hosts['spec-alice']
      const only = ['-l', host.name]
      const file = path.join(host.root, 'etc/matrix-synapse/homeserver.yaml')
      const right = readFileSync(file, 'utf8')
      await host.run("sed -i 's/^report_stats: false/report_stats: true/' /etc/matrix-synapse/homeserver.yaml")
      expect(readFileSync(file, 'utf8')).not.to.equal(right)
      const invocation = await host.invocation('matrix-synapse')

      // Once the file is right again, nothing more gets to the host: what comes after was never asked for.
      const gate = await Gate.open({ host: host.address, port: 22 }, () => readFileSync(file, 'utf8') === right)
      try {
        const running = stead.start(playbook, work.inventory('gate.ts', { [host.name]: { groups: ['homeservers'], vars: { ansible_host: '127.0.0.1', ansible_port: gate.port, stead_known_hosts_file: knownAt(host, gate.port) } } }))
        const first = await Promise.race([gate.shut.then(() => 'shut'), running.ended.then(({ told }) => told)])
        expect(first).to.equal('shut')
        running.sigkill()
        expect((await running.ended).status).to.equal(undefined)
      } finally {
        gate.close()
      }
      await host.run('flock -w 30 /run/stead/lock true')
      expect(readFileSync(file, 'utf8')).to.equal(right)
      expect(await host.invocation('matrix-synapse'), 'not restarted yet').to.equal(invocation)

      const found = await stead.run(playbook, inventory, '--check', ...only)
      expect(summary(found, host), found.told).to.deep.equal({ status: 2, tasks: [], resources: [], handlers: ['Restart Synapse'] })
      const next = await stead.run(playbook, inventory, ...only)
      expect(summary(next, host), next.told).to.deep.equal({ status: 0, tasks: [], resources: [], handlers: ['Restart Synapse'] })
      expect(await host.invocation('matrix-synapse')).not.to.equal(invocation)
      expectNothingToDo(await stead.run(playbook, inventory, ...only), [host.name])
    })

    function knownAt(host: LabHost, port: number): string {
      const line = readFileSync(knownHostsFile(labPlace()), 'utf8').split('\n').find(known => known.startsWith(`${host.address},`))
      return work.write('known_hosts', `[127.0.0.1]:${port} ${line?.split(' ').slice(1).join(' ')}\n`)
    }
  })

  describe('the secrets of a host', () => {
    it('show nowhere: not in what was printed or reported, not in a process list, not in the journal', async () => {
      for (const host of names.map(name => hosts[name])) {
        const journal = await host.run('journalctl --no-pager -o export --all')
        // What was searched is what was meant to be: the playbook's own work shows in it.
        expect(journal).to.include('UNIT=matrix-synapse.service').and.to.include('COMMAND=/bin/sh -c')
        const seen = processes[host.name]?.join('\n') ?? ''
        expect(seen).to.match(/apt-get install/).and.to.match(/-m pip install/)
        const outputs = stead.runs.flatMap(({ stdout, stderr, reports }, index): [string, string][] => [
          [`standard output of run ${index + 1}`, stdout], [`standard error of run ${index + 1}`, stderr], [`the reports of run ${index + 1}`, reports.join('\n')],
        ])
        const secrets = secretsOf(host)
        expect(secrets.map(({ name }) => name)).to.include.members(['form.secret', 'macaroon.secret', 'registration.secret', 'signing.key', 'key.pem', 'hs_ed25519_secret_key'])
        expect(leaks(secrets, { ...Object.fromEntries(outputs), 'the process list': seen, 'the journal': journal })).to.deep.equal([])
      }
    })

    it('differ from host to host', () => {
      const values = names.map(name => new Set(secretsOf(hosts[name]).map(({ bytes }) => bytes.toString('hex'))))
      expect(values[0]?.size).to.be.above(5)
      expect([...(values[0] ?? [])].filter(value => values[1]?.has(value))).to.deep.equal([])
    })

    /** Every secret that the playbook makes on a host, read from outside. */
    function secretsOf({ root }: LabHost): Hidden[] {
      const read = (file: string) => readFileSync(path.join(root, file))
      const config = 'etc/matrix-synapse'
      const files = readdirSync(path.join(root, config)).filter(name => name.endsWith('.secret'))
      const [, , seed = ''] = read(`${config}/signing.key`).toString().trim().split(' ')
      const pem = read(`${config}/tls/key.pem`).toString()
      const { d = '' } = createPrivateKey(pem).export({ format: 'jwk' })
      // The header of tor's key file is known to all; the key follows it.
      const onionKey = read('var/lib/tor/synapse/hs_ed25519_secret_key').subarray(32)
      return [
        ...files.flatMap(name => {
          const text = read(`${config}/${name}`).toString().trim()
          return [{ name, bytes: Buffer.from(text) }, { name, bytes: Buffer.from(text, 'hex') }]
        }),
        { name: 'signing.key', bytes: Buffer.from(seed) },
        { name: 'signing.key', bytes: Buffer.from(seed, 'base64') },
        { name: 'key.pem', bytes: Buffer.from(d, 'base64url') },
        ...pem.split('\n').filter(line => line && !line.startsWith('-----')).map(line => ({ name: 'key.pem', bytes: Buffer.from(line) })),
        { name: 'hs_ed25519_secret_key', bytes: onionKey },
        { name: 'hs_ed25519_secret_key', bytes: onionKey.subarray(0, 32) },
      ]
    }
  })
})
