import { z } from 'zod'
import { ReadError } from '../../errors.ts'
import { apply, read, readLines } from '../../shell/script.ts'
import { linePerKey } from '../../state/read-answer.ts'
import type { Resource } from '../../state/resource.ts'
import { inside, type CommandKey } from './command.ts'

/** The output of a command that only reads. It runs together with the reads, in check mode too. */
export const commandOutputResource: Resource<CommandKey, { readonly stdout: string }, Record<string, never>> = {
  kind: 'command-output',
  schema: z.strictObject({}),
  identify: ({ argv, cwd = '/' }) => `${argv.join(' ')} (in ${cwd})`,
  question: ({ argv, user }) => JSON.stringify([argv, user]),
  read(keys) {
    return {
      // Reading ends with the command, even if a background process keeps its output open.
      script: readLines(keys.map(key => read`read -r k </proc/sys/kernel/random/uuid; { ${inside(key, read`exec ${key.argv}`)}; printf '\n%s=%s\n' "$k" $?; } | sed "/^$k=/q" | base64 -w0; echo`)),
      parse: linePerKey(keys, 'Could not run the commands.', (line, { argv }, { stderr }) => {
        const [, text = '', code] = /^([\s\S]*)\n[0-9a-f-]{36}=(\d+)\n$/.exec(Buffer.from(line, 'base64').toString()) ?? []
        return code === '0' ? { stdout: text } : new ReadError(`${argv.join(' ')} failed.`, { exitCode: Number(code), stderr })
      }),
    }
  },
  apply: () => ({ script: apply`:` }),
  forecast: { onlyRead: true },
}
