import { z } from 'zod'
import { absolutePath, Content, defineModule, filePath, namedOnce, plainName, PlaybookError, Secret, unitName, want, type HostView } from '../lib/resource.ts'
import { onionAddressResource } from '../lib/resources/tor/onion-address.ts'
import { onionDirectoryResource, TOR_USER } from '../lib/resources/tor/onion-directory.ts'
import { onionClientsResource } from '../lib/resources/tor/onion-clients.ts'
import { onionKeyResource } from '../lib/resources/tor/onion-key.ts'
import { blockArguments, planBlock } from './block-in-file.ts'
import { torrcLines, verifyTorrc } from './torrc.ts'

/** An address that Tor connects to: loopback, or a socket of this host. */
const target = z.string().regex(/^(127\.0\.0\.1:\d{1,5}|unix:\/[^\s"#\\]+)$/, 'must be on loopback, as in \'127.0.0.1:8080\', or a socket, as in \'unix:/run/web.sock\'')
/** 32 bytes in base32: of the last letter only one bit counts. A key of zeros alone makes tor 0.4.9 end itself (an assertion fails). */
const clientKey = z.string().regex(/^(?!A+$)[A-Z2-7]{51}[AQ]$/, 'must be an x25519 public key in base32: 52 of A-Z and 2-7, not all of them A')
const keyBytes = (key: Secret) => Buffer.from(key.reveal(), 'base64')
const keyHeader = '== ed25519v1-secret: type0 ==\0\0\0'

const args = z.strictObject({
  /** Names the service; its keys are in /var/lib/tor/NAME/. */
  name: plainName,
  /** Ports of the onion, and where on this host each leads. */
  ports: z.record(z.string().regex(/^\d{1,5}$/, 'must be a port number'), target, 'must give a target for each port, as in { 80: \'127.0.0.1:8080\' }').superRefine(namedOnce('port', number => String(Number(number)))).default({}),
  /** More HiddenService… options of tor(1). @default {} */
  options: z.record(z.string().regex(/^HiddenService\w+$/, 'must be an option of tor(1) that begins with HiddenService'), z.union([z.string(), z.number(), z.boolean()])).default({}),
  /** Who alone may reach it: public keys (x25519, base32) by name. One taken away is kept out at once; {} lets everybody in. @default as it is */
  clients: z.record(z.string().regex(/^[\w-]+$/, 'must be a word').max(200, 'must be 200 characters at most'), clientKey).optional(),
  /** An identity that exists already: base64 of its hs_ed25519_secret_key. @default made by tor, once */
  key: z.instanceof(Secret, { message: 'must be a Secret: secret(…)' }).refine(key => keyBytes(key).length === 96 && keyBytes(key).toString('latin1').startsWith(keyHeader), 'must be base64 of the file hs_ed25519_secret_key').optional(),
  /** Let `key` take the place of another one; the address that belongs to that is lost. @default false */
  replaceKey: z.boolean('must be true or false').default(false),
  /** `absent` takes it out of torrc; its keys stay. @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  /** With `absent`: remove its keys too; its address is lost for ever. @default false */
  removeKeys: z.boolean('must be true or false').default(false),
  /** Directory of its keys: one that is not there yet, or that holds an onion service. @default /var/lib/tor/NAME */
  directory: absolutePath.refine(path => path !== '/var/lib/tor' && path.lastIndexOf('/') > 0, 'must be a directory of its own below another, as in \'/var/lib/tor/web\'').optional(),
  /** @default '/etc/tor/torrc' */
  torrc: filePath.default('/etc/tor/torrc'),
  /** The unit that runs tor. @default 'tor@default' */
  unit: unitName.default('tor@default.service'),
}).refine(({ state, ports }) => state === 'absent' || Object.keys(ports).length > 0, { path: ['ports'], message: 'must name at least one port' })

/** As long as an address, and one that cannot be: it stands for the real one until tor has made it. */
const placeholder = { hostname: `${'knownafterapply'.padEnd(56, 'x')}.onion` }

/**
 * An onion service: its stanza in torrc, its key, its clients and its address. Tor is reloaded when the address is not there yet, and makes it within a second,
 * without any network; notify a handler that reloads tor for other changes of the stanza. The result is `{ hostname }`.
 * Neither Ansible nor pyinfra has a module for it. Source: tor(1), HIDDEN SERVICE OPTIONS, CLIENT AUTHORIZATION.
 *
 * @example
 * task('Tor', apt({ packages: ['tor'] }))
 * task('Onion service', onionService({ name: 'web', ports: { 80: '127.0.0.1:8080' } }))
 */
export const onionService = defineModule<typeof args, { hostname: string }>({
  name: 'onion-service',
  args,
  placeholder,
  async plan({ name, ports, options, clients, key, replaceKey, state, removeKeys, directory: given, torrc: path, unit }, host) {
    const directory = given ?? `/var/lib/tor/${name}`
    const service = { directory, unit }
    const block = [...torrcLines({ HiddenServiceDir: `${directory}/`, ...options }), ...Object.entries(ports).map(([port, to]) => `HiddenServicePort ${port} ${to}`)].join('\n')
    // Asked together, so that all travel in one frame.
    const privately = { directory, groupReads: torrcLines(options).includes('HiddenServiceDirGroupReadable 1') }
    const [stanza, current] = await Promise.all([
      planBlock(blockArguments.parse({ path, block, marker: `# {mark} stead onion service ${name}`, state, validate: verifyTorrc }), host),
      key && host.current(onionKeyResource, service),
      clients && host.current(onionClientsResource, service),
      state === 'present' && host.current(onionAddressResource, service),
      (state === 'present' || removeKeys) && refuseForeign(directory, state, host),
    ])
    if (state === 'absent') return { wants: [...stanza, ...(removeKeys ? [want(onionDirectoryResource, privately, null)] : [])] }
    const content = key && Content.of(keyBytes(key), { secret: true })
    if (content && current && !content.equals(current.key) && !replaceKey) {
      throw new PlaybookError(`${directory} holds another key: its address would be lost.`, { hint: 'Give the service another name or directory, or say replaceKey: true.' })
    }
    return {
      wants: [
        // First: as it is, tor might not even accept the stanza.
        want(onionDirectoryResource, privately, { private: true }),
        ...(content ? [want(onionKeyResource, service, { key: content })] : []),
        ...(clients ? [want(onionClientsResource, service, { clients: Object.entries(clients).map(entry => entry.join(' ')).sort() })] : []),
        ...stanza,
        want(onionAddressResource, service, {}),
      ],
      output: states => {
        const hostname = states.at(-1)?.hostname
        return typeof hostname === 'string' ? { hostname } : undefined
      },
    }
  },
})

/** @throws PlaybookError for a directory that is no onion service's and that tor, or the removal of its keys, would take over. */
async function refuseForeign(directory: string, state: 'present' | 'absent', host: HostView): Promise<void> {
  const current = await host.current(onionDirectoryResource, { directory })
  const holds = current?.others.slice(0, 3).join(', ')
  if (current?.is === 'something else') {
    throw new PlaybookError(`${directory} is not the directory of an onion service: ${holds ? `it holds ${holds}, and no key` : 'it is a link or a file'}.`, { hint: 'Name a directory that holds the service\'s keys (hs_ed25519_secret_key), or one that does not exist yet.' })
  }
  if (state === 'absent' && current?.is === 'an onion service' && holds) throw new PlaybookError(`${directory} holds more than the keys of an onion service: ${holds}.`, { hint: 'Move that away first, or remove the directory yourself.' })
  const owner = current?.entries['.']?.split(' ')[0]
  if (state === 'present' && current?.is === 'unused' && owner !== TOR_USER) {
    throw new PlaybookError(`${directory} belongs to ${owner ?? 'somebody else'} and holds no key of an onion service.`, { hint: `Remove it, and it is made for ${TOR_USER}; or name another directory.` })
  }
}
