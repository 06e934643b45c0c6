import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { cgroupRoot } from './cgroup.ts'
import { codeOf, LabError } from './lab-error.ts'
import type { Progress } from './progress.ts'
import { runCommand, tryCommand } from './run-command.ts'

/** Commands that the lab calls, and the Debian package that contains each. */
const commands: Record<string, string> = {
  'systemd-nspawn': 'systemd-container',
  mmdebstrap: 'mmdebstrap',
  ip: 'iproute2',
  nft: 'nftables',
  tor: 'tor',
  'tor-gencert': 'tor',
  ssh: 'openssh-client',
  'ssh-keygen': 'openssh-client',
}
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'
const instead = 'Run it as root on Debian 12, for example in a virtual machine; or use an inventory of your own with a real host (-i) instead of the lab.'

/**
 * Throws LabError, with everything in one message, if this machine or this user cannot run a lab.
 * Takes a millisecond.
 */
export function checkMachine(): void {
  if (process.platform !== 'linux') throw new LabError(`The lab boots Linux hosts and so needs Linux; this is ${process.platform}. ${instead}`)
  if (process.getuid?.() !== 0) throw new LabError(`The lab mounts, bridges and boots, and so needs root; this is user id ${process.getuid?.()}. Use sudo, or: ${instead}`)
  if (cgroupRoot() === undefined) throw new LabError(`The lab needs the cgroup2 file system, and none is mounted here (see /proc/self/mountinfo). ${instead}`)
}

/** Whether the kernel has overlayfs, built in or as a module, which is then loaded. */
async function checkOverlay(): Promise<void> {
  const known = (): boolean => /\toverlay$/m.test(readFileSync('/proc/filesystems', 'utf8'))
  if (known()) return
  const modprobe = find('modprobe')
  if (modprobe) await tryCommand(modprobe, ['overlay'])
  if (!known()) throw new LabError(`The lab needs overlayfs, and this machine's kernel has none (see /proc/filesystems). ${instead}`)
}

function find(command: string): string | undefined {
  const places = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin', '/usr/bin', '/bin']
  return places.map((dir) => path.join(dir, command)).find((file) => {
    try {
      accessSync(file, constants.X_OK)
      return true
    } catch (thrown) {
      if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(codeOf(thrown) ?? '')) return false
      throw thrown
    }
  })
}

/** Debian packages that the lab needs and this machine does not have. */
export function missingPackages(): string[] {
  const missing = Object.entries(commands).filter(([command]) => find(command) === undefined).map(([, name]) => name)
  if (!existsSync(keyring)) missing.push('debian-archive-keyring')
  return [...new Set(missing)]
}

/**
 * Installs what is missing, and says so. Throws LabError if this machine cannot run a lab, or has
 * no apt-get.
 */
export async function installRequirements(progress: Progress): Promise<void> {
  checkMachine()
  await checkOverlay()
  const packages = missingPackages()
  if (packages.length === 0) return
  if (find('apt-get') === undefined) throw new LabError(`The lab needs ${packages.join(', ')}, and this machine has no apt-get to install them with. ${instead}`)
  progress.note(`installing on this machine, from Debian: ${packages.join(' ')}`)
  const underSystemd = existsSync('/run/systemd/system')
  const holdTor = underSystemd && packages.includes('tor')
  // Debian's package starts a client of the public Tor network. The lab needs only the program.
  if (holdTor) await runCommand('systemctl', ['mask', 'tor.service', 'tor@default.service'])
  try {
    const install = ['install', '-y', '--no-install-recommends', ...packages]
    const env = { DEBIAN_FRONTEND: 'noninteractive' }
    const first = hasPackageLists() ? await tryCommand('apt-get', install, { env }) : undefined
    if (first?.status !== 0) {
      progress.step('fetching Debian\'s package lists (apt-get update)')
      await runCommand('apt-get', ['update'], { env })
      await runCommand('apt-get', install, { env })
    }
  } finally {
    if (holdTor) {
      await runCommand('systemctl', ['unmask', 'tor.service', 'tor@default.service'])
      await tryCommand('systemctl', ['disable', 'tor.service'])
    }
  }
  const still = missingPackages()
  if (still.length > 0) throw new LabError(`apt-get installed ${packages.join(', ')}, yet what the lab needs of ${still.join(', ')} is not in PATH.`)
}

function hasPackageLists(): boolean {
  const dir = '/var/lib/apt/lists'
  return existsSync(dir) && readdirSync(dir).some((name) => name.includes('_Packages'))
}
