import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { lineInFile } from '../../../modules/line-in-file.ts'
import { file } from '../../../modules/file.ts'
import { runLocally } from '../run/local-run.ts'

/**
 * A process of its own, so that its memory can be limited and measured: checks what would change of files of a given size (bytes), and
 * prints what it came to. Called as `large-files.ts DIRECTORY BYTES`.
 */
const [directory = '', bytes = ''] = process.argv.slice(2)
const size = Number(bytes)
const text = (what: string) => Buffer.from(`${what}\n`.repeat(Math.ceil(size / (what.length + 1)))).subarray(0, size)
const contents: Record<string, [Buffer<ArrayBuffer>, Buffer<ArrayBuffer>]> = {
  text: [text('one line of a text'), text('a line of another')],
  binary: [Buffer.alloc(size, 0), Buffer.alloc(size, 1)],
  invalid: [Buffer.alloc(size, 0xff), Buffer.alloc(size, 0xfe)],
}
for (const [name, [current, desired]] of Object.entries(contents)) {
  writeFileSync(path.join(directory, name), current)
  writeFileSync(path.join(directory, `${name}.desired`), desired)
}
writeFileSync(path.join(directory, 'edited'), text('one line of a text'))

const { error, tasks, bytesReceived } = await runLocally(({ task }) => {
  for (const name of Object.keys(contents)) {
    task(`${name} changed`, file({ path: path.join(directory, name), source: path.join(directory, `${name}.desired`) }))
    task(`${name} new`, file({ path: path.join(directory, `${name}.new`), content: contents[name]?.[1] ?? '' }))
  }
  task('edited', lineInFile({ path: path.join(directory, 'edited'), line: 'one line more', insertBefore: 'start' }))
}, { check: true })

process.stdout.write(JSON.stringify({
  error, bytesReceived, peak: process.resourceUsage().maxRSS * 1024,
  tasks: tasks.map(({ name, status, error: wrong, changes }) => ({ name, status, error: wrong, diff: changes.map(({ diff }) => diff).join('\n') })),
}))
