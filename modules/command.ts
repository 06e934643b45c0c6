import { z } from 'zod'
import { absolutePath, commandResult, commandRun, defineModule, fileMode, want } from '../lib/index.ts'

const args = z.strictObject({
  /** Program and arguments, one word each; no shell looks at them. */
  argv: z.array(z.string(), 'must be a list of words, as in [\'openssl\', \'rand\', \'8\']').min(1, 'must name a program'),
  /** The path that it makes: where that is there, it is not run. Left out, it is run every time. */
  creates: absolutePath.optional(),
  cwd: absolutePath.optional(),
  /** Mask of the modes of what it makes, as in umask(2). @default '0022' */
  umask: fileMode.optional(),
})

/**
 * A command, run unless what it creates is there.
 *
 * @example
 * command({ argv: ['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', '/root/.ssh/id_ed25519'], creates: '/root/.ssh/id_ed25519' })
 */
export const command = defineModule({
  name: 'command',
  args,
  plan: ({ argv, creates, cwd, umask }) => ({
    wants: [creates === undefined ? want(commandRun, { argv, cwd, umask }, {}) : want(commandResult, { argv, creates, cwd, umask }, { made: creates })],
  }),
})
