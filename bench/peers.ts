import { mkdtempSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { delayProxy, type DelayProxy } from './delay-proxy.ts'
import { sshArguments } from './limit.ts'
import { runWell } from './measure.ts'
import { findTargets, through, type Target } from './target.ts'

/**
 * Where other tools are, which do the same job: a folder with `ansible/synapse.yml` and
 * `pyinfra/{inv,synapse}.py`, a virtual environment `venv` with ansible, mitogen and pyinfra, and a
 * link `mitogen` to its folder ansible_mitogen/plugins/strategy. Unset, nothing is compared with
 * them.
 */
const folder = process.env.STEAD_PEERS

/** A tool with a lab host of its own, since each writes other files for the same job. */
interface Peer {
  name: string
  host: string
  /** The whole process, against a port of loopback that leads to the host. */
  command: (view: { target: Target; port: number; knownHosts: string }) => [program: string, ...args: string[]]
}

const inVenv = (program: string) => path.join(folder ?? '', 'venv', 'bin', program)

function ansible(name: string, settings: readonly string[]): Peer {
  return {
    name, host: 'peer-ansible',
    command: ({ target, port, knownHosts }) => {
      const inventory = path.join(target.directory, 'peer.ini')
      writeFileSync(inventory, `[homeservers]\npeer ansible_host=127.0.0.1 ansible_port=${port} ansible_user=root ansible_ssh_private_key_file=${target.identityFile} ansible_ssh_common_args="-o UserKnownHostsFile=${knownHosts}"\n`)
      // A connection that an earlier run left open would not be the whole process.
      const sockets = mkdtempSync(path.join(target.directory, 'cp-'))
      return ['env', 'ANSIBLE_PIPELINING=1', `ANSIBLE_SSH_CONTROL_PATH_DIR=${sockets}`, ...settings, inVenv('ansible-playbook'), '-i', inventory, path.join(folder ?? '', 'ansible', 'synapse.yml')]
    },
  }
}

const peers: Peer[] = [
  {
    name: 'pyinfra', host: 'peer-pyinfra',
    command: ({ target, port }) => ['env', '-C', path.join(folder ?? '', 'pyinfra'), 'HOSTS=127.0.0.1', `SSH_PORT=${port}`, `SSH_KEY=${target.identityFile}`, inVenv('pyinfra'), '-y', 'inv.py', 'synapse.py'],
  },
  ansible('Ansible, pipelining', []),
  ansible('mitogen', ['ANSIBLE_STRATEGY=mitogen_linear', `ANSIBLE_STRATEGY_PLUGINS=${path.join(folder ?? '', 'mitogen')}`]),
]

/** The hosts of the peers, started, with the Python that Ansible needs; none without STEAD_PEERS. */
export async function peerTargets(): Promise<Target[]> {
  if (folder === undefined) return []
  const targets = await findTargets('bench/peer-hosts.ts')
  for (const target of targets) {
    const { host } = target
    const view = { knownHosts: host.knownHostsFile ?? '', port: host.port, host: host.address }
    await runWell('ssh', sshArguments(target, view, 'command -v python3 >/dev/null || { apt-get update -q && apt-get install -qy python3; }'))
  }
  return targets
}

/**
 * One run of each peer against its own host, through a delay. The first run of each converges its
 * host.
 */
export async function measuresOfPeers(targets: readonly Target[], roundTripMs: number): Promise<{ measures: [name: string, measure: () => Promise<number>][]; close(): Promise<void> }> {
  const proxies: DelayProxy[] = []
  const measures: [string, () => Promise<number>][] = []
  for (const target of targets) {
    const proxy = await delayProxy({ host: target.host.address, port: target.host.port }, roundTripMs)
    proxies.push(proxy)
    const { knownHosts, port } = through(target, proxy.port)
    for (const { name, command } of peers.filter(({ host }) => host === target.host.name)) measures.push([name, async () => {
      const [program, ...args] = command({ target, port, knownHosts })
      return (await runWell(program, args)).ms
    }])
  }
  return { measures, close: async () => void await Promise.all(proxies.map(each => each.close())) }
}
