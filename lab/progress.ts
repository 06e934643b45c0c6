import type { Ora } from 'ora'

/** Where the lab reports progress. Every part takes one, and writes nowhere else. */
export interface Progress {
  /** The current step. Replaces the previous one on a terminal; a separate line elsewhere. */
  step(text: string): void
  /**
   * A message that stays: packages installed on this machine, waiting for somebody else, something
   * repaired.
   */
  note(text: string): void
  /** Ends the display. Safe to call twice. */
  end(): void
}

/** Shows nothing. For specs. */
export const silent: Progress = { step: () => undefined, note: () => undefined, end: () => undefined }

/** A screen to show progress on, such as `process.stderr`. */
export interface Screen {
  isTTY?: boolean
  /** Width in characters. */
  columns?: number
  write(text: string): unknown
}

/**
 * Progress on standard error, so that standard output contains only the command's result: a spinner
 * on a terminal, one line per step elsewhere, and only notes in CI (if the variable CI is set).
 * Colours only on a terminal, and not with NO_COLOR (no-color.org).
 */
export function showProgress(environment: NodeJS.ProcessEnv = process.env, screen: Screen = process.stderr): Progress {
  const inCi = Boolean(environment['CI']) && environment['CI'] !== 'false'
  // A terminal that does not know its width (script(1), some CI) reports 0, and ora would then
  // clear lines forever.
  if (screen.isTTY && (screen.columns ?? 0) > 0 && !inCi && environment['TERM'] !== 'dumb') return spinner(Boolean(environment['NO_COLOR']))
  let last = ''
  return {
    step: (text) => {
      if (!inCi && text !== last) screen.write(`lab: ${text}\n`)
      last = text
    },
    note: (text) => { screen.write(`lab: ${text}\n`) },
    end: () => undefined,
  }
}

/**
 * ora is loaded only if there is something to show: a lab that is already up should cost a run
 * nothing.
 */
function spinner(noColour: boolean): Progress {
  let shown: Ora | undefined
  let wanted = ''
  let ended = false
  const notes: string[] = []
  const draw = (): void => {
    if (shown === undefined) return
    for (const note of notes.splice(0)) shown.stopAndPersist({ symbol: '•', text: note }).start()
    shown.text = wanted
  }
  const load = async (): Promise<void> => {
    const { default: ora } = await import('ora')
    if (ended || shown !== undefined) return
    shown = ora({ stream: process.stderr, color: noColour ? false : 'cyan', prefixText: 'lab', discardStdin: false }).start(wanted)
    draw()
  }
  const change = (): void => {
    ended = false
    if (shown !== undefined) draw()
    else load().catch((thrown: unknown) => { process.stderr.write(`lab: ${wanted} (no spinner: ${String(thrown)})\n`) })
  }
  return {
    step: (text) => { wanted = text; change() },
    note: (text) => { notes.push(text); change() },
    end: () => {
      ended = true
      shown?.stop()
      shown = undefined
      for (const note of notes.splice(0)) process.stderr.write(`lab: ${note}\n`)
    },
  }
}
