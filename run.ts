import { main } from './lib/command-line/main.ts'

process.exitCode = await main(process.argv.slice(2), { out: process.stdout, error: process.stderr })
