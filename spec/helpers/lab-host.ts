import { execa } from 'execa'
import { knownHostsFile } from '../../lab/keys.ts'
import { labPlace } from '../../lab/place.ts'
import { labStatus } from '../../lab/status.ts'

/**
 * A lab host, seen from outside of stead: through OpenSSH, and through its file system on this
 * machine.
 */
export class LabHost {
  readonly name: string
  readonly address: string
  /** Its root file system, as this machine sees it. */
  readonly root: string
  /** Directory with everything written on it since it was blank. */
  readonly overlay: string
  readonly #ssh: readonly string[]

  constructor({ name, address, root, overlay, identityFile }: { name: string; address: string; root: string; overlay: string; identityFile: string }) {
    this.name = name
    this.address = address
    this.root = root
    this.overlay = overlay
    this.#ssh = ['-F', '/dev/null', '-i', identityFile, '-o', 'IdentitiesOnly=yes', '-o', `UserKnownHostsFile=${knownHostsFile(labPlace())}`,
      '-o', 'StrictHostKeyChecking=yes', '-o', 'LogLevel=ERROR', `root@${address}`]
  }

  /**
   * Runs a shell script as root and returns its output.
   * @throws with its standard error if it fails.
   */
  async run(script: string, input = ''): Promise<string> {
    const { stdout } = await execa('ssh', [...this.#ssh, script], { input, maxBuffer: 500_000_000 })
    return stdout
  }

  /**
   * Runs a command repeatedly in a separate session, until it fails; `stop` ends it and returns the
   * distinct lines that it printed.
   */
  watch(command: string, pauseSeconds: number): { stop: () => Promise<string[]> } {
    const lines = new Set<string>()
    // The watcher ends with its standard input: nothing else would tell it that nobody is listening
    // any more.
    const session = execa('ssh', [...this.#ssh, `while ${command}; do sleep ${pauseSeconds}; done & watching=$!; cat >/dev/null; kill $watching`], { stdin: 'pipe', reject: false, buffer: false })
    const collected = (async () => {
      for await (const line of session) lines.add(line)
    })().catch(() => undefined)
    return {
      async stop() {
        session.stdin.end()
        await Promise.all([session, collected])
        return [...lines]
      },
    }
  }

  /** systemd's id of a unit's current run, which changes when the unit is started again. */
  async invocation(unit: string): Promise<string> {
    return this.run(`systemctl show --value -p InvocationID ${unit}`)
  }
}

/** An existing host of the lab. */
export async function findLabHost(name: string): Promise<LabHost> {
  const found = (await labStatus())?.hosts.find(host => host.name === name)
  if (!found) throw new Error(`The lab has no host ${name}.`)
  return new LabHost(found)
}
