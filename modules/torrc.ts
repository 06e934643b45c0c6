import { z } from 'zod'
import { absolutePath, defineModule } from '../lib/index.ts'
import { blockArguments, planBlock } from './block-in-file.ts'

/** Checks a torrc as Debian's unit does before it starts tor. */
export const verifyTorrc = ['tor', '--defaults-torrc', '/usr/share/tor/tor-service-defaults-torrc', '-f', '%s', '--RunAsDaemon', '0', '--verify-config', '--hush']

const value = z.string().refine(text => !/[\r\n]/.test(text), 'must be one line')

const args = z.strictObject({
  /** Names the stanza within the file. */
  name: z.string().regex(/^[\w.-]+$/, 'must be a word'),
  /** Options of tor(1) with their values, in order; a list gives the option several times. */
  options: z.record(z.string().regex(/^[+/]?[A-Za-z0-9_]+$/, 'must be the name of an option of tor(1)'), z.union([value, z.number(), z.array(value)])),
  /** @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  /** @default '/etc/tor/torrc' */
  path: absolutePath.default('/etc/tor/torrc'),
})

/**
 * A stanza of torrc: some options between two marker lines. tor itself checks the whole file before it goes live. Source: tor(1).
 *
 * @example
 * torrc({ name: 'client', options: { SocksPort: '127.0.0.1:9050', ClientOnly: 1 } })
 */
export const torrc = defineModule({
  name: 'torrc',
  args,
  async plan({ name, options, state, path }, host) {
    const lines = Object.entries(options).flatMap(([option, given]) => (Array.isArray(given) ? given : [given]).map(one => `${option} ${one}`.trimEnd()))
    return { wants: await planBlock(blockArguments.parse({ path, block: lines.join('\n'), marker: `# {mark} stead ${name}`, state, validate: verifyTorrc }), host) }
  },
})
