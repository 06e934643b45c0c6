import type { Play } from '../../../lib/index.ts'
import { authorizedKey } from '../../../modules/authorized-key.ts'
import { blockInFile } from '../../../modules/block-in-file.ts'
import { directory } from '../../../modules/directory.ts'
import { group } from '../../../modules/group.ts'
import { hostname } from '../../../modules/hostname.ts'
import { lineInFile } from '../../../modules/line-in-file.ts'
import { mount } from '../../../modules/mount.ts'
import { sysctl } from '../../../modules/sysctl.ts'
import { user } from '../../../modules/user.ts'

/** The host itself: its name, its users, and where things go. */
export function host({ task }: Play): void {
  task('Name of the host', hostname({ name: 'notes' }))
  task('Name of the host, for itself', lineInFile({ path: '/etc/hosts', pattern: /^127\.0\.1\.1\s/, line: '127.0.1.1 notes' }))
  task('Ports for connections of its own', sysctl({ name: 'net.ipv4.ip_local_port_range', value: '20000 60000' }))
  task('Limits', blockInFile({ path: '/etc/security/limits.conf', block: 'notes hard nofile 4096\nnotes soft nofile 4096' }))
  task('Group', group({ name: 'notes', system: true }))
  task('User', user({ name: 'notes', group: 'notes', system: true, home: '/var/lib/notes', shell: '/usr/sbin/nologin' }))
  task('Keeper', user({ name: 'keeper', groups: ['notes'], append: true, comment: 'Who looks after the notes', shell: '/bin/bash' }))
  task('Key of the keeper', authorizedKey({ user: 'keeper', keys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8kqsCzVTvPhXNXb0yAVVhCZWjUnXGyGjdZJvEYzUzt keeper@example.org'] }))
  task('Configuration', directory({ path: '/etc/notes', owner: 'root', group: 'notes', mode: '0750' }))
  task('Data', directory({ path: '/var/lib/notes', owner: 'notes', group: 'notes', mode: '0750' }))
  task('Scratch space', mount({ path: '/srv/scratch', source: 'tmpfs', type: 'tmpfs', options: ['size=8m', 'mode=1777', 'nofail'] }))
}
