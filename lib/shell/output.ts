/** What a script printed: standard output byte for byte, standard error as text. */
export interface Output {
  stdout: Buffer
  stderr: string
  exitCode: number
  /** It was longer than the limit, and nothing was kept. */
  tooLong?: true
}
