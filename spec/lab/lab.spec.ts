import { expect } from 'chai'
import { execa, type Result } from 'execa'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { cgroup, processesIn } from '../../lab/cgroup.ts'
import { ensureLab, labStatus, removeHost, resetHost, torReady, type HostStatus } from '../../lab/index.ts'
import { labPlace } from '../../lab/place.ts'
import { announceHosts } from '../helpers/lab-lifecycle.ts'

const repository = path.join(import.meta.dirname, '..', '..')
const name = 'spec-lab'

async function host(): Promise<HostStatus> {
  const found = (await labStatus())?.hosts.find((each) => each.name === name)
  if (!found) throw new Error(`${name} is not in the lab`)
  return found
}

/** Runs a command on the host, with the lab's known_hosts and nothing of the user's own ssh settings. */
async function on(command: string, user = 'root'): Promise<Result> {
  const { address, identityFile } = await host()
  return execa('ssh', ['-F', '/dev/null', '-i', identityFile, '-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=yes',
    '-o', `UserKnownHostsFile=${path.join(labPlace().dir, 'known_hosts')}`, `${user}@${address}`, command], { reject: false })
}

const cli = (args: string[], env: Record<string, string> = {}): Promise<Result> =>
  execa(path.join(repository, 'node_modules/.bin/tsx'), ['lab/cli.ts', ...args], { cwd: repository, env, reject: false })

describe('lab (real)', function () {
  this.timeout(180_000)
  before(async () => {
    await announceHosts(name)
    await ensureLab({ hosts: [name] })
  })
  after(() => removeHost(name))

  it('gives a Debian 12 whose systemd is content', async () => {
    expect((await on('. /etc/os-release; echo $ID $VERSION_ID; hostname; systemctl is-system-running --wait')).stdout).to.equal(`debian 12\n${name}\nrunning`)
  })

  it('has no Python, and of perl only perl-base', async () => {
    expect((await on('ls /usr/bin /usr/local/bin | grep -c ^python; dpkg-query -W -f "\\${Package}\\n" | grep -E "^(perl|python|libpython)"')).stdout).to.equal('0\nperl-base')
  })

  it('listens on nothing but loopback and sshd', async () => {
    const open = String((await on('ss -Hlntup')).stdout).split('\n').filter((line) => !/ (127\.\S+|\[::1\]):\d+ /.test(line))
    expect(open.every((line) => /:22 .*"sshd"/.test(line)), open.join('\n')).to.equal(true)
  })

  it('lets the operator in, who may become root without a password', async () => {
    expect((await on('id -un; sudo -n id -un', 'operator')).stdout).to.equal('operator\nroot')
  })

  it('reaches package servers, and no other port of the world', async () => {
    expect((await on('apt-get update -qq && echo fetched')).stdout).to.equal('fetched')
    const elsewhere = '192.0.2.1'
    expect((await on(`timeout 2 bash -c 'exec 3<>/dev/tcp/${elsewhere}/9001' 2>/dev/null; echo $?`)).stdout).to.equal('124')
  })

  it('finds a healthy lab healthy at once', async () => {
    await ensureLab({ hosts: [name] })
    const times: number[] = []
    for (let count = 0; count < 5; count += 1) {
      const started = performance.now()
      await ensureLab({ hosts: [name] })
      times.push(performance.now() - started)
    }
    expect(Math.min(...times), 'ms, the quickest of five').to.be.below(400)
  })

  it('makes a host blank in seconds, with the same ssh host key', async () => {
    await on('touch /root/mark; echo more >> /etc/motd')
    const { overlay, root } = await host()
    expect(existsSync(path.join(overlay, 'root/mark')), 'written on the host').to.equal(true)
    const started = performance.now()
    await resetHost(name)
    expect(performance.now() - started).to.be.below(60_000)
    expect(existsSync(path.join(root, 'root/mark')), 'after the reset').to.equal(false)
    expect((await on('true')).exitCode, 'the known_hosts file still fits').to.equal(0)
  })

  it('boots a host again whose systemd-nspawn was killed, and keeps what was written on it', async () => {
    await on('echo kept > /root/mark; sync')
    for (const pid of processesIn(cgroup(labPlace().cgroup, 'hosts', name), 'supervisor')) process.kill(pid, 'SIGKILL')
    await ensureLab({ hosts: [name] })
    expect((await on('cat /root/mark')).stdout).to.equal('kept')
  })

  it('publishes an onion service in the private Tor network, and nowhere else', async () => {
    await torReady()
    const installed = await on('apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq tor >/dev/null 2>&1; systemctl is-active tor@default')
    expect(installed.stdout).to.equal('active')
    const onion = await on('printf "HiddenServiceDir /var/lib/tor/spec\\nHiddenServicePort 80 127.0.0.1:22\\n" >> /etc/tor/torrc && systemctl reload tor@default'
      + ' && for i in 1 2 3 4 5 6 7 8 9 10; do [ -s /var/lib/tor/spec/hostname ] && break; sleep 0.2; done; cat /var/lib/tor/spec/hostname')
    expect(onion.stdout).to.match(/^[a-z2-7]{56}\.onion$/)
    const socks = (await labStatus())?.tor.socks ?? ''
    let greeting = ''
    for (let left = 30; left > 0 && !greeting.startsWith('SSH-2.0'); left -= 1) {
      // curl speaks HTTP to sshd, which greets before it complains.
      const ran = await execa('curl', ['-s', '--http0.9', '--max-time', '20', '--socks5-hostname', socks, `http://${String(onion.stdout)}/`], { reject: false })
      greeting = ran.stdout
      if (!greeting) await new Promise((resolve) => setTimeout(resolve, 1000))
    }
    expect(greeting).to.match(/^SSH-2\.0/)
    const peers = String((await on('ss -Htnp state established | grep \'"tor"\' | grep -v 127.0.0.1')).stdout).split('\n')
    const bridge = (await host()).address.replace(/\.\d+$/, '.1:')
    expect(peers.every((line) => line.includes(` ${bridge}`)), peers.join('\n')).to.equal(true)
  })

  it('says at once who may not run it, and what to do', async () => {
    const ran = await execa('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, '--import', 'tsx', 'lab/cli.ts', 'status'],
      { cwd: repository, env: { HOME: tmpdir() }, reject: false })
    expect([ran.exitCode, ran.stderr]).to.satisfy(([status, text]: [number, string]) => status === 1 && /needs root; this is user id 65534/.test(text))
  })

  it('[fault 21] neither creates nor removes a lab in somebody else\'s directory, and says what to do', async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'stead-foreign-'))
    try {
      writeFileSync(path.join(dir, 'letters'), 'mine\n')
      writeFileSync(path.join(dir, 'lab.json'), readFileSync(path.join(labPlace().dir, 'lab.json')))
      for (const words of [['down'], ['up', 'lab'], ['reset', 'synapse']]) {
        const ran = await cli(words, { STEAD_LAB_DIR: dir })
        expect([ran.exitCode, ran.stderr], words.join(' ')).to.satisfy(([status, text]: [number, string]) => status === 1 && (/is not a lab: it has no file stead-lab, and it contains lab\.json, letters/.test(text) || /has no host/.test(text)))
      }
      expect(readdirSync(dir)).to.deep.equal(['lab.json', 'letters'])
      expect(existsSync(`/sys/class/net/${labPlace(dir).bridge}`), 'bridge').to.equal(false)
    } finally {
      rmSync(dir, { recursive: true })
    }
  })

  it('[fault 21] creates no host that nobody requested: a reset of an unknown host lists the existing ones', async () => {
    for (const unknown of ['nosuch', '../spec-lab', 'constructor']) {
      const ran = await cli(['reset', unknown])
      expect([ran.exitCode, ran.stderr], unknown).to.satisfy(([status, text]: [number, string]) => status === 1 && text.includes(`has no host ${JSON.stringify(unknown)}. It has: `) && text.includes(name))
    }
    expect((await labStatus())?.hosts.map((each) => each.name)).not.to.include('nosuch')
  })

  it('starts from nothing next to another lab, prints its state as JSON, and leaves nothing behind', async () => {
    const parent = mkdtempSync(path.join(tmpdir(), 'stead-lab-'))
    chmodSync(parent, 0o755)
    const env = { STEAD_LAB_DIR: path.join(parent, 'lab'), CI: 'true' }
    const place = labPlace(env.STEAD_LAB_DIR)
    try {
      const up = await cli(['up', 'lab'], env)
      expect(up.exitCode, String(up.stderr)).to.equal(0)
      const status: unknown = JSON.parse(String((await cli(['status', '--json'], env)).stdout))
      expect(status).to.have.nested.property('hosts[0].name', 'synapse')
      expect(status).to.have.nested.property('hosts[0].faults').that.deep.equals([])
      expect((await cli(['ssh', 'synapse', 'cat', '/etc/hostname'], env)).stdout).to.equal('synapse')
    } finally {
      const down = await cli(['down'], env)
      expect(down.exitCode, String(down.stderr)).to.equal(0)
    }
    expect(existsSync(env.STEAD_LAB_DIR), 'state directory').to.equal(false)
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.to.include(parent)
    expect(existsSync(`/sys/class/net/${place.bridge}`), 'bridge').to.equal(false)
    expect((await execa('nft', ['list', 'tables'])).stdout).not.to.include(place.table)
    expect(existsSync(cgroup(place.cgroup).dir), 'processes').to.equal(false)
    rmSync(parent, { recursive: true })
  })
})
