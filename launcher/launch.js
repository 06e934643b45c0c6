import { load } from './load.js'

/**
 * The whole command (lib/command-line/main.ts).
 *
 * @typedef {(words: readonly string[], streams: { out: NodeJS.WriteStream, error:
 * NodeJS.WriteStream }) => Promise<number>} Main
 */

/**
 * Runs stead, from a bundle if there can be one, and sets the exit status.
 *
 * @param {readonly string[]} words the command line
 * @param {() => Promise<Main>} withoutBundle loads stead file by file: slower, but works whatever a
 * playbook does
 */
export async function launch(words, withoutBundle) {
  // A reader (`| head`) or a terminal that goes away must not interrupt a run.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
    })
  }
  const streams = { out: process.stdout, error: process.stderr }
  const bundle = process.env.STEAD_NO_CACHE ? undefined : await load(words)
  try {
    process.exitCode = await (bundle?.main ?? await withoutBundle())(words, streams)
  } catch (error) {
    // Nothing has been done yet: the bundle only found that a file is missing from it.
    if (!(error instanceof Error) || error.name !== 'NotBundled') throw error
    process.exitCode = await (await withoutBundle())(words, streams)
  }
  bundle?.end()
}
