import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { codeOf, LabError } from './lab-error.ts'
import { claimDirectory } from './marker.ts'
import type { Place } from './place.ts'
import type { Progress } from './progress.ts'

/**
 * Opens the file given as $1, locks it, and keeps the lock until its standard input ends. The
 * kernel drops a flock(2) when its holder dies, so a lock of a dead process is never left over:
 * this shell ends with the pipe to the process that wanted the lock. Status 75: held by someone
 * else; 76: the file was removed while waiting (`down` removes the state directory), try again.
 */
const holder = `
exec 9>>"$1" || exit 1
flock "$2" 9 || exit 75
[ "/proc/$$/fd/9" -ef "$1" ] || exit 76
echo held
exec cat >/dev/null`

/**
 * Runs `work` while holding the lab's lock: one process at a time changes a lab, over all clones of
 * this repository. Waits as long as another one holds it, and says who that is. Creates the state
 * directory if it does not exist; throws LabError if it belongs to somebody else.
 * @param purpose what is being done, for the message to others who have to wait: `up synapse`.
 */
export async function withLock<T>(place: Place, purpose: string, progress: Progress, work: () => Promise<T>): Promise<T> {
  const file = path.join(place.dir, 'lock')
  let told = false
  for (;;) {
    claimDirectory(place)
    const lock = await take(file, told ? '-x' : '-xn')
    if (lock === 'busy') {
      progress.note(`waiting for ${readHolder(file)}, which is changing the lab`)
      told = true
    } else if (lock !== 'removed') {
      writeFileSync(file, `process ${process.pid} (${purpose}, since ${new Date().toISOString()})\n`)
      try {
        return await work()
      } finally {
        await release(lock)
      }
    }
  }
}

function take(file: string, mode: string): Promise<ChildProcess | 'busy' | 'removed'> {
  return new Promise((resolve, reject) => {
    // In a session of its own, so that Ctrl-C at the terminal leaves it to this process to clean
    // up.
    const child = spawn('sh', ['-c', holder, 'sh', file, mode], { stdio: ['pipe', 'pipe', 'pipe'], detached: true })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => { said += text })
    child.on('error', reject)
    child.stdout.once('data', () => { resolve(child) })
    child.once('exit', (status) => {
      if (status === 75) resolve('busy')
      else if (status === 76) resolve('removed')
      else reject(new LabError(`The lab's lock ${file} cannot be taken: ${said.trim() || `status ${status}`}. The lab has to run as root.`))
    })
  })
}

function release(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('close', () => { resolve() })
    if (child.exitCode !== null) resolve()
    child.stdin?.end()
  })
}

function readHolder(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim() || 'another process'
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return 'another process'
    throw thrown
  }
}
