import { spawnSync } from 'node:child_process'
import { Command } from 'commander'
import { labDown } from './down.ts'
import { noSuchHost, resetHost } from './ensure.ts'
import { loadLabInventory } from './inventory-file.ts'
import { knownHostsFile } from './keys.ts'
import { LabError } from './lab-error.ts'
import { labPlace } from './place.ts'
import { showProgress } from './progress.ts'
import { labStatus, torReady, type LabStatus } from './status.ts'

const progress = showProgress()
const print = (text: string): void => { process.stdout.write(`${text}\n`) }

async function requireStatus(): Promise<LabStatus> {
  const status = await labStatus()
  if (status === undefined) throw new LabError('There is no lab on this machine. Start one: npm run lab -- up lab')
  return status
}

function describe(status: LabStatus): string {
  const hosts = status.hosts.map(({ name, address, faults }) => `${name.padEnd(16)} ${address.padEnd(15)} ${faults.length === 0 ? 'running' : faults.join(', ')}`)
  const { socks, ready, bootstrapped, faults } = status.tor
  const tor = faults.length > 0 ? faults.join(', ') : ready ? 'ready' : `bootstrapping, ${bootstrapped} %`
  const wrong = status.faults.length > 0 ? [`wrong: ${status.faults.join('; ')}`] : []
  return [...hosts, `${'Tor (SOCKS)'.padEnd(16)} ${socks.padEnd(15)} ${tor}`, ...wrong].join('\n')
}

const program = new Command('lab')
  .enablePositionalOptions()
  .description('Real Debian hosts and a private Tor network on this machine, for trying playbooks on')

program.command('up')
  .argument('<inventory>', 'name of an inventory in inventories/ (lab, lab-two), or path of a .ts file')
  .option('--wait-tor', 'return only when the private Tor network is usable')
  .description('start the hosts of an inventory, or repair them')
  .action(async (inventory: string, options: { waitTor?: boolean }) => {
    await (await loadLabInventory(inventory)).start()
    if (options.waitTor) await torReady(120, progress)
    print(describe(await requireStatus()))
  })

program.command('down')
  .description('remove the lab and everything that belongs to it from this machine')
  .action(async () => { print(await labDown(progress) ? 'The lab is gone.' : 'There is no lab.') })

program.command('status')
  .option('--json', 'for programs')
  .description('show the hosts, their addresses and their state')
  .action(async (options: { json?: boolean }) => {
    const status = await requireStatus()
    print(options.json ? JSON.stringify(status, null, 2) : describe(status))
  })

program.command('reset')
  .argument('<name>', 'name of a host')
  .description('make a host blank again; its address and ssh host key stay')
  .action(async (name: string) => { await resetHost(name, progress) })

program.command('ssh')
  .argument('<name>', 'name of a host')
  .argument('[command...]', 'what to run there instead of a login shell')
  .passThroughOptions()
  .description('log in on a host as root')
  .action(async (name: string, command: string[]) => {
    const { hosts } = await requireStatus()
    const host = hosts.find((each) => each.name === name)
    if (host === undefined) throw noSuchHost(name, hosts.map((each) => each.name))
    const ran = spawnSync('ssh', ['-F', '/dev/null', '-i', host.identityFile, '-o', 'IdentitiesOnly=yes', '-o', `UserKnownHostsFile=${knownHostsFile(labPlace())}`,
      '-o', 'StrictHostKeyChecking=yes', '-o', 'LogLevel=ERROR', `${host.user}@${host.address}`, ...command], { stdio: 'inherit' })
    if (ran.error) throw new LabError(`ssh cannot be started: ${ran.error.message}`)
    process.exitCode = ran.status ?? 255
  })

try {
  await program.parseAsync()
} catch (thrown) {
  progress.end()
  if (!(thrown instanceof LabError)) throw thrown
  process.stderr.write(`lab: ${thrown.message}\n`)
  process.exitCode = 1
}
