import { launch } from './launcher/launch.js'

await launch(process.argv.slice(2), async () => (await import('./lib/command-line/main.ts')).main)
