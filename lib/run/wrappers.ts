import { readFileSync } from 'node:fs'
import { basename } from 'node:path'

/** Milliseconds between two checks of the parent processes. */
const LOOK_EVERY_MS = 500

interface Process {
  pid: number
  parent: number
  words: string[]
}

/** What /proc says about a process; undefined where it is gone, or where there is no /proc. */
function look(pid: number): Process | undefined {
  try {
    const [, parent] = /\) \S (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? []
    return { pid, parent: Number(parent), words: readFileSync(`/proc/${pid}/cmdline`, 'utf8').split(/[\0 ]/).filter(Boolean) }
  } catch {
    return undefined
  }
}

/**
 * npm, npx and tsx, recognised by the process title that npm sets, or as a script that node runs.
 */
function passesOn({ words }: Process): boolean {
  const names = words.slice(0, 8).map(word => basename(word).replace(/(-cli)?\.[cm]?js$/, ''))
  return ['npm', 'npx', 'tsx'].includes(names[0] ?? '') || (names[0] === 'node' && words.slice(1, 8).some(word => /(^|\/)(npm|npx|tsx)(\/|$|-cli\.[cm]?js$)/.test(word)))
}

/**
 * The parent processes that only started this one (`npx tsx run.ts`), nearest first, including the
 * shell that npm starts.
 */
function wrappers(): Process[] {
  const found: Process[] = []
  let process_ = look(process.ppid)
  while (process_) {
    const above = look(process_.parent)
    const isShellOfNpm = /^(ba|da)?sh$/.test(basename(process_.words[0] ?? '')) && above !== undefined && passesOn(above)
    if (!passesOn(process_) && !isShellOfNpm) break
    found.push(process_)
    process_ = above
  }
  return found
}

/**
 * Calls back once when the npx, npm or tsx that started this process is gone: a signal ends them,
 * and they do not pass it on. A shell may exit, as with `nohup` and `&`.
 *
 * @returns a function that stops watching.
 */
export function whenWrapperIsGone(call: () => void): () => void {
  const chain = wrappers()
  if (chain.length === 0) return () => undefined
  const timer = setInterval(() => {
    const parents = [process.ppid, ...chain.slice(0, -1).map(({ pid }) => look(pid)?.parent)]
    if (chain.every(({ pid }, index) => parents[index] === pid)) return
    clearInterval(timer)
    call()
  }, LOOK_EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}
