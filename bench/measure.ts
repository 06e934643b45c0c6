import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** The result of one run of a program. */
export interface Ran {
  /** Wall time of the whole process, including its start (milliseconds). */
  ms: number
  status: number | null
  stdout: string
  stderr: string
  /**
   * The peak memory of the process itself (bytes, VmHWM of proc(5)), without programs that it
   * starts.
   */
  mostMemory: number
}

/** Runs a program to its end, without standard input. */
export function run(program: string, args: readonly string[]): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now()
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const out: Buffer[] = []
    const err: Buffer[] = []
    let mostMemory = 0
    const watch = setInterval(() => (mostMemory = Math.max(mostMemory, memoryOf(child.pid))), 20)
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    child.once('error', error => {
      clearInterval(watch)
      reject(error)
    })
    child.once('close', status => {
      clearInterval(watch)
      resolve({ ms: performance.now() - startedAt, status, mostMemory, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() })
    })
  })
}

/** The peak memory of a process so far; 0 once it is gone. */
function memoryOf(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

/** Like {@link run}; a status other than 0 is an error with the program's output. */
export async function runWell(program: string, args: readonly string[]): Promise<Ran> {
  const ran = await run(program, args)
  if (ran.status !== 0) throw new Error(`${program} ended with ${ran.status}:\n${ran.stdout}${ran.stderr}`)
  return ran
}

/** Median, minimum and maximum of some measurements (milliseconds). */
export interface Spread {
  median: number
  least: number
  most: number
}

/** @example spread([3, 1, 2]) // { median: 2, least: 1, most: 3 } */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  const at = (index: number) => sorted[index] ?? NaN
  return { median: (at(Math.floor(middle)) + at(Math.ceil(middle - 1))) / 2, least: at(0), most: at(sorted.length - 1) }
}

/** Repeats a measurement, one after the other. */
export async function repeat(times: number, measure: () => Promise<number>): Promise<Spread> {
  const values: number[] = []
  for (let index = 0; index < times; index += 1) values.push(await measure())
  return spread(values)
}

/**
 * Repeats several measurements in turn, so that whatever slows the machine down for a while slows
 * down all of them.
 */
export async function inTurn(times: number, measures: readonly (() => Promise<number>)[]): Promise<Spread[]> {
  const values: number[][] = measures.map(() => [])
  for (let round = 0; round < times; round += 1) {
    for (const [index, measure] of measures.entries()) values[index]?.push(await measure())
  }
  return values.map(spread)
}

/** @example seconds({ median: 703, least: 690, most: 850 }) // '0.70 s (0.69 to 0.85)' */
export function seconds({ median, least, most }: Spread): string {
  const text = (ms: number) => (ms / 1000).toFixed(2)
  return `${text(median)} s (${text(least)} to ${text(most)})`
}
