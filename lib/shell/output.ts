/** What one script printed: bytes exactly, errors as text. */
export interface Output {
  stdout: Buffer
  stderr: string
  exitCode: number
  /** There was more of it than is taken, and none of it was kept. */
  tooLong?: true
}
