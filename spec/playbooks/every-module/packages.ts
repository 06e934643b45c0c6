import type { Play } from '../../../lib/index.ts'
import { apt } from '../../../modules/apt.ts'
import { aptHold } from '../../../modules/apt-hold.ts'
import { aptRepository } from '../../../modules/apt-repository.ts'
import { debconf } from '../../../modules/debconf.ts'
import { file } from '../../../modules/file.ts'

/** Packages of Debian, and one of a repository that has to be added first; it is in /srv/repository. */
export function packages({ task }: Play): void {
  task('No index of manuals after each package', debconf({ package: 'man-db', question: 'man-db/auto-update', type: 'boolean', value: false }))
  task('Packages', apt({ packages: ['nginx-light', 'tor', 'postgresql', 'python3-venv', 'curl', 'openssl'], startServices: false }))
  task('Repository of the tools', aptRepository({ name: 'notes', uris: ['file:/srv/repository'], suites: ['stable'], components: ['main'], trusted: true }))
  task('Tools', apt({ packages: ['notes-tools'], startServices: false }))
  task('Tools stay in their version', aptHold({ packages: ['notes-tools'] }))
  task('Configuration of the tools: who may read it', file({ path: '/etc/notes-tools.conf', owner: 'root', group: 'notes', mode: '0640' }))
}
