/**
 * What the parent sends to a worker: measure all tests, or run some with one mutant switched on.
 */
export type Order = { measure: true } | { mutant: number; tests: string[]; limits: Readonly<Record<string, number>> }

/** A test's result without a mutant. */
export interface Measured {
  title: string
  file: string
  passed: boolean
  durationMs: number
  /** The mutants whose code the test executed. */
  reached: number[]
}

/**
 * What a worker answers. `loaded` are mutants whose code ran while the specs were loaded: they need
 * a process of their own. Failures are sent at once, since a mutant may also end the process.
 */
export type Answer =
  | { ready: true }
  | { measured: Measured[]; loaded: number[] }
  | { mutant: number; failed: string }
  | { mutant: number; failed: string | undefined; dirty: boolean }
