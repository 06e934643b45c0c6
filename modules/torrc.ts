import { z } from 'zod'
import { defineModule, filePath, namedOnce, plainName } from '../lib/resource.ts'
import { torrcValue } from '../lib/resources/tor/quote.ts'
import { blockArguments, planBlock } from './block-in-file.ts'

/** Checks a torrc the way Debian's unit does before it starts tor. */
export const verifyTorrc = ['tor', '--defaults-torrc', '/usr/share/tor/tor-service-defaults-torrc', '-f', '%s', '--RunAsDaemon', '0', '--verify-config', '--hush']

const value = z.union([z.string().refine(text => !text.includes('\0'), 'must not contain a NUL byte'), z.number(), z.boolean()], 'must be text, a number, true or false, or a list of them')

/**
 * Options of tor(1) as lines of torrc.
 * @example torrcLines({ ClientOnly: true, SocksPort: [9050, 9051] }) // ['ClientOnly 1', 'SocksPort 9050', 'SocksPort 9051']
 */
export function torrcLines(options: Readonly<Record<string, z.output<typeof value> | readonly z.output<typeof value>[]>>): string[] {
  const text = (one: z.output<typeof value>) => torrcValue(typeof one === 'boolean' ? String(Number(one)) : String(one))
  return Object.entries(options).flatMap(([option, given]) => (typeof given === 'object' ? given : [given]).map(one => (one === '' ? option : `${option} ${text(one)}`)))
}

const args = z.strictObject({
  /** The name of the stanza within the file. */
  name: plainName,
  /**
   * Options of tor(1) with their values, in order; a list gives an option several times. Values are
   * quoted as needed.
   */
  options: z.record(z.string().regex(/^[+/]?[A-Za-z0-9_]+$/, 'must be the name of an option of tor(1)'), z.union([value, z.array(value)])).superRefine(namedOnce('option', option => option.toLowerCase())).default({}),
  /** @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  /** @default '/etc/tor/torrc' */
  path: filePath.default('/etc/tor/torrc'),
}).refine(({ state, options }) => state === 'absent' || Object.keys(options).length > 0, { path: ['options'], message: 'must name at least one option' })

/**
 * A stanza of torrc: options between two marker lines. tor checks the whole file before it goes
 * live. Notify a handler that reloads tor; a port below 1024 needs a restart. Neither Ansible nor
 * pyinfra has a module for it. Source: tor(1).
 *
 * @example
 * task('Tor', apt({ packages: ['tor'], startServices: false }))
 * task('Client', torrc({ name: 'client', options: { SocksPort: ['127.0.0.1:9050', '127.0.0.1:9052 IsolateDestAddr'], ClientOnly: true } }))
 */
export const torrc = defineModule({
  name: 'torrc',
  args,
  async plan({ name, options, state, path }, host) {
    return { wants: await planBlock(blockArguments.parse({ path, block: torrcLines(options).join('\n'), marker: `# {mark} stead ${name}`, state, validate: verifyTorrc }), host) }
  },
})
