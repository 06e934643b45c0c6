import { z } from 'zod'
import { absolutePath, defineModule, PlaybookError, ReadError, want, type HostView } from '../lib/resource.ts'
import { planEdit } from '../lib/module/plan-edit.ts'
import { planFile } from '../lib/module/plan-file.ts'
import { fileResource } from '../lib/resources/files/file.ts'
import { mergeFstab } from '../lib/resources/mounts/fstab.ts'
import { mountResource } from '../lib/resources/mounts/mount.ts'

const word = z.string('must be text').min(1, 'must not be empty').regex(/^[^\0\n]*$/, 'must be one line')

const args = z.strictObject({
  /**
   * The mount point, without links on the way to it. `mounted` makes the directory where it is
   * missing.
   */
  path: absolutePath,
  /**
   * A device, `UUID=…`, `LABEL=…`, a directory to bind, a disk image, an export (`nas:/srv`), or
   * for a tmpfs any word. Needed for `mounted` and `present`.
   */
  source: word.optional(),
  /**
   * Its type, as in 'ext4', 'tmpfs', 'nfs'; 'none' for a bind, 'auto' to find out. Needed for
   * `mounted` and `present`.
   */
  type: word.refine(type => type !== 'swap', 'must be a file system: swap has no mount point').optional(),
  /**
   * Options of mount(8) and fstab(5). `nofail` lets the host boot without it.
   * @default ['defaults']
   */
  options: z.array(z.string('must be text').regex(/^[^,\s]+$/, 'must be one option, without commas and blanks')
    .refine(option => !/^(password|pass|pass2|passwd)=/.test(option), 'must not be a password: everybody may read fstab. Put it into a file of mode 0600, and name that by credentials='), 'must be a list, as in [\'nofail\', \'noexec\']')
    .min(1, 'must not be empty: left out, it is [\'defaults\']').default(['defaults']),
  /** Whether dump(8) backs it up: 1 or 0. @default 0 */
  dump: z.int('must be 0 or 1').min(0, 'must be 0 or 1').max(1, 'must be 0 or 1').default(0),
  /** When fsck(8) checks it at boot: 1 for the root, 2 for others, 0 never. @default 0 */
  pass: z.int('must be 0, 1 or 2').min(0, 'must be 0, 1 or 2').max(2, 'must be 0, 1 or 2').default(0),
  /**
   * `mounted`: now and at boot. `present`: in fstab. `unmounted`: not now; fstab stays. `absent`:
   * neither.
   * @default 'mounted'
   */
  state: z.enum(['mounted', 'present', 'unmounted', 'absent'], 'must be \'mounted\', \'present\', \'unmounted\' or \'absent\'').default('mounted'),
}).superRefine(({ path, source, type, state }, context) => {
  const issue = (argument: string, message: string) => context.addIssue({ code: 'custom', path: [argument], message })
  if (state === 'unmounted' || state === 'absent') return path === '/' ? issue('path', 'must not be the root directory') : undefined
  if (source === undefined) issue('source', 'must be given: what is mounted')
  if (type === undefined) issue('type', 'must be given, as in \'ext4\'; \'auto\' finds out')
})

/**
 * @throws PlaybookError for a path with another name in the kernel; ReadError for a source that
 * does not exist and that no earlier task brings.
 */
async function refuseUnknown(host: HostView, path: string, source: string): Promise<void> {
  const isPath = source.startsWith('/') && !source.startsWith('//')
  const [point, device, mounted] = await Promise.all([host.current(fileResource, { path, noFollow: true }), isPath ? host.current(fileResource, { path: source }) : undefined, host.current(mountResource, { path, source })])
  const real = point?.type === 'link' ? point.target : point?.real
  if (real !== undefined) throw new PlaybookError(`${path} leads to ${real} by a link, and a mount point is known by its real path.`, { hint: 'Use the path without links.' })
  if (device === null && mounted?.source !== source && !host.anythingPending()) throw new ReadError(`There is nothing at ${source} that could be mounted.`, { hint: 'Check the spelling, or create it in an earlier task.' })
}

/**
 * A mount, now and in /etc/fstab. What is mounted there with other options is remounted; another
 * source or type takes its place. What is busy is never unmounted by force: the error names who
 * uses it. A change of fstab is followed by one daemon-reload of systemd, and is made after the
 * mount, so that no host waits at boot for what could not be mounted. Of Ansible's `mount`,
 * `remounted` (an event), `ephemeral`, `boot` (see `noauto`), `backup` and another `fstab` are left
 * out; `absent` leaves the directory. Sources: fstab(5), mount(8), findmnt(8).
 *
 * @example
 * mount({ path: '/srv/scratch', source: 'tmpfs', type: 'tmpfs', options: ['size=64m', 'noexec', 'nofail'] })
 */
export const mount = defineModule({
  name: 'mount',
  args,
  async plan({ path, source = '', type = 'auto', options, dump, pass, state }, host) {
    const entry = state === 'absent' ? null : { source, path, type, options, dump, pass }
    const fstab = () => planEdit(host, { path: '/etc/fstab', create: entry !== null, removes: entry === null }, text => mergeFstab(text, path, entry))
    if (state === 'unmounted') return { wants: [want(mountResource, { path }, null)] }
    if (state === 'absent') return { wants: [want(mountResource, { path }, null), ...await fstab()] }
    if (state === 'present') return { wants: await fstab() }
    const [directory, line] = await Promise.all([planFile(host, { path }, { type: 'directory' }), fstab(), refuseUnknown(host, path, source)])
    const live = want(mountResource, { path, source }, { source, type: ['auto', 'none'].includes(type) ? undefined : type, options })
    return { wants: [...directory, live, ...line] }
  },
})
