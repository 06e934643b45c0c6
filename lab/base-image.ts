import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { addCertificates } from './ca-certificates.ts'
import { cgroup, endCgroup, joinScript } from './cgroup.ts'
import { release } from './debian-sources.ts'
import { deleteTrees } from './delete-tree.ts'
import { LabError } from './lab-error.ts'
import type { MachineSettings } from './machine-settings.ts'
import { unmountBelow } from './mounts.ts'
import type { Place } from './place.ts'
import type { Progress } from './progress.ts'
import { files, maskedUnits, operator, packages, recipeHash } from './recipe.ts'
import { runCommand } from './run-command.ts'

/** Directory of the images; each is named by the hash of its recipe. */
const imagesDirectory = (place: Place): string => path.join(place.dir, 'base')

/** Root directory of the image with this name, whether or not it exists. */
export const imageDirectory = (place: Place, name: string): string => path.join(imagesDirectory(place), name)

/**
 * Makes sure that the image of the current recipe exists, and returns its name. Building takes
 * about 25 s and happens under a temporary name, which is then renamed: the next build removes an
 * interrupted one, including anything of it that still runs. Call it under the lab's lock.
 */
export async function ensureBaseImage(place: Place, settings: MachineSettings, progress: Progress): Promise<string> {
  const name = recipeHash(settings)
  const final = imageDirectory(place, name)
  if (existsSync(final)) return name
  const partial = path.join(place.dir, 'base.partial')
  await endCgroup(cgroup(place.cgroup, 'build'))
  await unmountBelow(partial)
  await deleteTrees(place, partial)
  mkdirSync(imagesDirectory(place), { recursive: true, mode: 0o755 })
  progress.step('building the base image of Debian 12 (once, about 25 s)')
  await install(place, partial, settings, progress)
  await customize(partial, settings)
  renameSync(partial, final)
  await endCgroup(cgroup(place.cgroup, 'build'))
  return name
}

/** Removes the images that no host uses, except the current one. */
export async function removeOldImages(place: Place, inUse: ReadonlySet<string>): Promise<void> {
  const old = readdirSync(imagesDirectory(place)).filter((name) => !inUse.has(name)).map((name) => imageDirectory(place, name))
  await deleteTrees(place, ...old)
}

async function install(place: Place, root: string, settings: MachineSettings, progress: Progress): Promise<void> {
  const sources = path.join(place.dir, 'debian.sources')
  writeFileSync(sources, settings.sources)
  const stages: [RegExp, string][] = [
    [/downloading and installing/, 'installing its packages'],
    [/installing remaining packages/, 'installing systemd, sshd and sudo into it'],
    [/cleaning package lists/, 'cleaning up'],
  ]
  // In a control group, so that a build whose controller was killed can be found and ended.
  await runCommand('sh', ['-c', `${joinScript(cgroup(place.cgroup, 'build'))}; exec "$@"`, 'sh',
    'mmdebstrap', '--mode=root', '--variant=minbase', '--format=directory', `--include=${packages.join(',')}`,
    // A machine that loses power during the build builds again, so nothing has to be synced.
    '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr', '--dpkgopt=force-unsafe-io', '--aptopt=Acquire::Languages "none"',
    ...settings.aptConf.split('\n').filter(Boolean).map((line) => `--aptopt=${line.replace(/;$/, '')}`),
    release, root, ...(settings.sources ? [sources] : [])],
  {
    env: { DEBIAN_FRONTEND: 'noninteractive' },
    onLine: (line) => {
      for (const [pattern, text] of stages) if (pattern.test(line)) progress.step(`building the base image: ${text}`)
    },
  })
}

async function customize(root: string, settings: MachineSettings): Promise<void> {
  const write = (file: string, content: string, mode = 0o644): void => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true, mode: 0o755 })
    writeFileSync(path.join(root, file), content, { mode })
  }
  const inside = (command: string, ...args: string[]): Promise<string> => runCommand('chroot', [root, 'env', 'TMPDIR=/tmp', command, ...args])

  for (const [file, { content, mode }] of Object.entries(files)) write(file, content, mode)
  // mmdebstrap leaves its own options and a copy of the sources behind.
  for (const name of ['etc/apt/apt.conf.d/99mmdebstrap', 'etc/dpkg/dpkg.cfg.d/99mmdebstrap', 'var/log/apt', 'var/log/dpkg.log', 'var/log/bootstrap.log',
    'var/log/alternatives.log', 'etc/hostname', 'etc/resolv.conf', 'etc/machine-id', 'var/lib/dbus/machine-id']) {
    rmSync(path.join(root, name), { recursive: true, force: true })
  }
  mkdirSync(path.join(root, 'var/log/apt'))
  if (settings.sources) {
    for (const name of ['etc/apt/sources.list', ...readdirSync(path.join(root, 'etc/apt/sources.list.d')).map((each) => `etc/apt/sources.list.d/${each}`)]) {
      rmSync(path.join(root, name), { force: true })
    }
    write('/etc/apt/sources.list.d/debian.sources', settings.sources)
  }
  if (settings.aptConf) write('/etc/apt/apt.conf.d/50machine', settings.aptConf)
  if (addCertificates(root, settings.certificates) > 0) await inside('update-ca-certificates')

  for (const name of readdirSync(path.join(root, 'etc/ssh'))) {
    // Every host has its own, from the lab.
    if (name.startsWith('ssh_host_')) rmSync(path.join(root, 'etc/ssh', name))
  }
  // Debian (base-passwd) already has a group of this name, which useradd would otherwise refuse to
  // create.
  await inside('useradd', '--create-home', '--shell', '/bin/bash', '--gid', operator, operator)
  await runCommand('systemctl', ['--root', root, '--quiet', 'enable', 'systemd-networkd.service', 'ssh.service'])
  await runCommand('systemctl', ['--root', root, '--quiet', 'mask', ...maskedUnits])
  // What the first boot would write, so that it has nothing left to write.
  await runCommand('systemd-sysusers', [`--root=${root}`])
  await runCommand('systemd-tmpfiles', [`--root=${root}`, '--create', '--boot', '--exclude-prefix=/dev', '--exclude-prefix=/proc', '--exclude-prefix=/sys', '--exclude-prefix=/run'])
  // The journal is volatile. If this directory existed, every boot would set its permissions again.
  rmSync(path.join(root, 'var/log/journal'), { recursive: true, force: true })
  mkdirSync(path.join(root, 'var/lib/systemd/linger'), { recursive: true })
  for (const file of ['/etc/.updated', '/var/.updated']) {
    write(file, '')
    // Newer than /usr by any clock: systemd then sees no update to follow
    // (systemd-update-done.service(8)).
    utimesSync(path.join(root, file), new Date(), new Date(Date.now() + 365 * 86_400_000))
  }
  const unwanted = readdirSync(path.join(root, 'var/lib/dpkg/info')).filter((name) => /^(perl|perl-modules-[\d.]+|python[\d.]*(-minimal)?|libpython.*)(:\w+)?\.list$/.test(name))
  if (unwanted.length > 0) throw new LabError(`The base image has ${unwanted.join(', ')}, which a package of its list brought in. A lab host has neither Python nor perl beyond perl-base.`)
}
