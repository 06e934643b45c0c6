import { release } from './debian-sources.ts'
import type { MachineSettings } from './machine-settings.ts'
import { digest } from './place.ts'

/** Raise this with every change of what base-image.ts does, so that older images are rebuilt. */
export const recipeVersion = 2

/**
 * Packages in addition to Debian's Essential and apt. No Python, and no perl beyond perl-base:
 * stead needs only sh and coreutils on a host, and the lab proves it.
 */
export const packages = ['systemd', 'systemd-sysv', 'dbus', 'openssh-server', 'sudo', 'ca-certificates', 'iproute2',
  // Instead of usrmerge, which depends on all of perl (init-system-helpers accepts either).
  'usr-is-merged']

/** A user other than root who may become root, like the account that a hosting company provides. */
export const operator = 'operator'

/**
 * Units that write to disk, or wait for something that a lab host does not have. Without them an
 * overlay contains only what a playbook did.
 */
export const maskedUnits = [
  'apt-daily.timer', 'apt-daily-upgrade.timer', 'dpkg-db-backup.timer', 'e2scrub_all.timer', 'e2scrub_reap.service', 'fstrim.timer',
  'systemd-update-utmp.service', 'systemd-update-utmp-runlevel.service', 'systemd-pstore.service', 'systemd-networkd.socket',
  'getty.target', 'console-getty.service', 'getty-static.service', 'systemd-firstboot.service', 'rescue.service', 'emergency.service',
]

/** The file with which a host joins the private Tor network; it is in the host's own layer. */
export const torDefaultsFile = '/etc/stead-lab/torrc-defaults'

/**
 * Drop-in for Debian's tor@default.service, and for instances (tor@NAME.service): tor starts with
 * the lab's defaults file, which has the DirAuthority lines. A playbook's torrc cannot affect it.
 * If the file is missing, tor does not start. The first two commands are Debian's own.
 */
export const torDropIn = `[Unit]
ConditionPathExists=
[Service]
ExecStartPre=
ExecStartPre=/usr/bin/install -Z -m 02755 -o debian-tor -g debian-tor -d /run/tor
ExecStartPre=/usr/bin/tor --defaults-torrc ${torDefaultsFile} -f /etc/tor/torrc --RunAsDaemon 0 --verify-config
ExecStart=
ExecStart=/usr/bin/tor --defaults-torrc ${torDefaultsFile} -f /etc/tor/torrc --RunAsDaemon 0
`

/** Files of the image that do not depend on the machine. */
export const files: Record<string, { content: string, mode?: number }> = {
  '/etc/systemd/system/tor@default.service.d/lab.conf': { content: torDropIn },
  // A separate instance would read another defaults file; here there is only one Tor, the private
  // one.
  '/etc/systemd/system/tor@.service.d/lab.conf': { content: '[Unit]\nConditionPathExists=/run/stead-lab-allows-tor-instances\n' },
  '/etc/systemd/journald.conf.d/lab.conf': { content: '[Journal]\nStorage=volatile\nRuntimeMaxUse=64M\n' },
  [`/etc/sudoers.d/${operator}`]: { content: `${operator} ALL=(ALL:ALL) NOPASSWD: ALL\n`, mode: 0o440 },
  '/etc/default/locale': { content: 'LANG=C.UTF-8\n' },
  '/etc/fstab': { content: '# A lab host: its root is mounted by the machine it runs on.\n' },
}

/** The name of the image of this recipe: equal recipes have equal names. */
export function recipeHash(settings: MachineSettings): string {
  const { sources, aptConf, certificates } = settings
  return digest(JSON.stringify([recipeVersion, release, packages, maskedUnits, files, sources, aptConf, [...certificates].sort()]), 16)
}
