import { main } from './lib/command-line/main.ts'

// A reader that goes away (`| head`) must not cut a run off half way: what is left is done, unseen.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

process.exitCode = await main(process.argv.slice(2), { out: process.stdout, error: process.stderr })
