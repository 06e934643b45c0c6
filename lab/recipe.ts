import { release } from './debian-sources.ts'
import type { MachineSettings } from './machine-settings.ts'
import { digest } from './place.ts'

/** Raise it with every change of what base-image.ts does, so that images of an older make are rebuilt. */
export const recipeVersion = 2

/**
 * Packages beside Debian's Essential and apt. No Python, and no perl beyond perl-base: what stead needs on a host is sh and
 * coreutils, and the lab is where that is proved.
 */
export const packages = ['systemd', 'systemd-sysv', 'dbus', 'openssh-server', 'sudo', 'ca-certificates', 'iproute2',
  // Instead of usrmerge, which brings all of perl (init-system-helpers is content with either).
  'usr-is-merged']

/** User that is not root and may become it, like the account a hosting company hands out. */
export const operator = 'operator'

/** Units that write to disk, or wait, for nothing that a lab host has. Without them an overlay holds what a playbook did. */
export const maskedUnits = [
  'apt-daily.timer', 'apt-daily-upgrade.timer', 'dpkg-db-backup.timer', 'e2scrub_all.timer', 'e2scrub_reap.service', 'fstrim.timer',
  'systemd-update-utmp.service', 'systemd-update-utmp-runlevel.service', 'systemd-pstore.service', 'systemd-networkd.socket',
  'getty.target', 'console-getty.service', 'getty-static.service', 'systemd-firstboot.service', 'rescue.service', 'emergency.service',
]

/** Where a host finds the join to the private Tor network, put there by its own layer. */
export const torDefaultsFile = '/etc/stead-lab/torrc-defaults'

/**
 * Drop-in for Debian's tor@default.service, and for instances (tor@NAME.service): tor starts with the lab's defaults file, which
 * has the DirAuthority lines. A playbook's torrc knows nothing of it and cannot undo it; where the file is missing, tor does not
 * start. The first two commands are Debian's own.
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

/** Files of the image that follow from nothing of the machine. */
export const files: Record<string, { content: string, mode?: number }> = {
  '/etc/systemd/system/tor@default.service.d/lab.conf': { content: torDropIn },
  // An instance of its own would read another defaults file: here there is one Tor, and it is the private one.
  '/etc/systemd/system/tor@.service.d/lab.conf': { content: '[Unit]\nConditionPathExists=/run/stead-lab-allows-tor-instances\n' },
  '/etc/systemd/journald.conf.d/lab.conf': { content: '[Journal]\nStorage=volatile\nRuntimeMaxUse=64M\n' },
  [`/etc/sudoers.d/${operator}`]: { content: `${operator} ALL=(ALL:ALL) NOPASSWD: ALL\n`, mode: 0o440 },
  '/etc/default/locale': { content: 'LANG=C.UTF-8\n' },
  '/etc/fstab': { content: '# A lab host: its root is mounted by the machine it runs on.\n' },
}

/** The name of the image that this recipe makes: equal recipes, equal names. */
export function recipeHash(settings: MachineSettings): string {
  const { sources, aptConf, certificates } = settings
  return digest(JSON.stringify([recipeVersion, release, packages, maskedUnits, files, sources, aptConf, [...certificates].sort()]), 16)
}
