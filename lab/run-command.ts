import { spawn } from 'node:child_process'
import { LabError } from './lab-error.ts'

export interface RunOptions {
  /** The command's standard input; empty by default. Secrets go here, never into `args`. */
  input?: string
  /** Variables added to this process's environment. */
  env?: Record<string, string>
  /** Called with every line of the command's standard error as it arrives, to show progress. */
  onLine?: (line: string) => void
}

/** How a command ended: `status` is its exit status, or 128 + signal, as in a shell. */
export interface Ran {
  status: number
  stdout: string
  stderr: string
}

/**
 * Runs a command of this machine and waits for it, whatever its exit status.
 * Throws LabError if it cannot be started at all (usually because it is not installed).
 */
export function tryCommand(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'pipe', env: { ...process.env, LC_ALL: 'C.UTF-8', ...options.env } })
    let stdout = ''
    let stderr = ''
    let unfinished = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
      const lines = (unfinished + text).split('\n')
      unfinished = lines.pop() ?? ''
      for (const line of lines) options.onLine?.(line)
    })
    // A command that ends without reading its input closes the pipe; its exit status says what
    // happened.
    child.stdin.on('error', (error) => { stderr += `(its input was not read: ${error.message})` })
    child.on('error', (error) => { reject(new LabError(`${command} cannot be started: ${error.message}. Is it installed, and in PATH?`)) })
    child.on('close', (status, signal) => { resolve({ status: status ?? (signal === null ? 255 : 128), stdout, stderr }) })
    child.stdin.end(options.input ?? '')
  })
}

/**
 * Like `tryCommand`, but an exit status other than 0 throws a LabError with the command and the end
 * of its output. Returns stdout.
 */
export async function runCommand(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const ran = await tryCommand(command, args, options)
  if (ran.status === 0) return ran.stdout
  const said = (ran.stderr.trim() || ran.stdout.trim() || '(it said nothing)').split('\n').slice(-12).join('\n  ')
  throw new LabError(`${[command, ...args].join(' ')} ended with status ${ran.status}:\n  ${said}`)
}
