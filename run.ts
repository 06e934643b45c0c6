import { main } from './lib/command-line/main.ts'

// A reader (`| head`) or a terminal that goes away must not cut a run off half way.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
  })
}

process.exitCode = await main(process.argv.slice(2), { out: process.stdout, error: process.stderr })
