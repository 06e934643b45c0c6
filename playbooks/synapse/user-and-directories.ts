import type { Play } from '../../lib/index.ts'
import { directory } from '../../modules/directory.ts'
import { group } from '../../modules/group.ts'
import { user } from '../../modules/user.ts'
import { account, places } from './places.ts'

/** The user that Synapse runs as, and the directories that it may use. */
export function userAndDirectories({ task }: Play): void {
  task('Group of Synapse', group({ name: account, system: true }), { tags: ['user'] })
  task('User of Synapse', user({ name: account, group: account, system: true, home: places.data, shell: '/usr/sbin/nologin' }), { tags: ['user'] })
  const directories = [
    { path: places.config, owner: 'root', group: account, mode: '0750' },
    { path: places.tls, owner: 'root', group: 'root', mode: '0700' },
    { path: places.data, owner: account, group: account, mode: '0750' },
    { path: `${places.data}/media`, owner: account, group: account, mode: '0750' },
    { path: '/opt/matrix-synapse', owner: 'root', group: 'root', mode: '0755' },
  ]
  for (const one of directories) task(`Directory ${one.path}`, directory(one), { tags: ['directories'] })
}
