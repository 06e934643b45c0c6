import { z } from 'zod'
import { absolutePath, defineModule, onionAddress, unitName, want } from '../lib/index.ts'
import { blockArguments, planBlock } from './block-in-file.ts'
import { verifyTorrc } from './torrc.ts'

/** An address that Tor connects to: loopback, or a socket of this host. */
const target = z.string().regex(/^(127\.0\.0\.1:\d{1,5}|unix:\/[^\s"]+)$/, 'must be on loopback, as in \'127.0.0.1:8080\', or a socket, as in \'unix:/run/web.sock\'')

const args = z.strictObject({
  /** Names the service; its keys are in /var/lib/tor/NAME/. */
  name: z.string().regex(/^[\w.-]+$/, 'must be a word'),
  /** Ports of the onion, and where on this host each leads. */
  ports: z.record(z.string().regex(/^\d{1,5}$/, 'must be a port number'), target, 'must give a target for each port, as in { 80: \'127.0.0.1:8080\' }')
    .refine(ports => Object.keys(ports).length > 0, 'must name at least one port'),
  /** More HiddenService… options of tor(1). @default {} */
  options: z.record(z.string().regex(/^HiddenService\w+$/, 'must be an option of tor(1) that begins with HiddenService'), z.union([z.string(), z.number()])).default({}),
  /** Directory of its keys. @default /var/lib/tor/NAME */
  directory: absolutePath.optional(),
  /** @default '/etc/tor/torrc' */
  torrc: absolutePath.default('/etc/tor/torrc'),
  /** The unit that runs tor. @default 'tor@default' */
  unit: unitName.default('tor@default.service'),
})

/** As long as an address, and one that cannot be: it stands for the real one until tor has made it. */
const placeholder = { hostname: `${'knownafterapply'.padEnd(56, 'x')}.onion` }

/**
 * An onion service: its stanza in torrc, and its address. Tor is reloaded when the address is not there yet, and makes it within a second,
 * without any network. The result is `{ hostname }`. Source: tor(1), HIDDEN SERVICE OPTIONS.
 *
 * @example
 * onionService({ name: 'web', ports: { 80: '127.0.0.1:8080' } })
 */
export const onionService = defineModule<typeof args, { hostname: string }>({
  name: 'onion-service',
  args,
  placeholder,
  async plan({ name, ports, options, directory: given, torrc: path, unit }, host) {
    const directory = given ?? `/var/lib/tor/${name}`
    const lines = [
      `HiddenServiceDir ${directory}/`,
      ...Object.entries(options).map(([option, value]) => `${option} ${value}`),
      ...Object.entries(ports).map(([port, to]) => `HiddenServicePort ${port} ${to}`),
    ]
    // Asked together, so that both travel in one frame.
    const [stanza] = await Promise.all([planBlock(blockArguments.parse({ path, block: lines.join('\n'), marker: `# {mark} stead onion service ${name}`, validate: verifyTorrc }), host), host.current(onionAddress, { directory, unit })])
    return {
      wants: [...stanza, want(onionAddress, { directory, unit }, {})],
      output: states => {
        const hostname = states.at(-1)?.hostname
        return typeof hostname === 'string' ? { hostname } : undefined
      },
    }
  },
})
