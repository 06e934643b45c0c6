import { symlink } from '../../modules/symlink.ts'
import { fourRounds } from '../helpers/four-rounds.ts'
import { dropHost } from '../helpers/lab-host.ts'

const host = 'files-one'

describe('symlink', function () {
  this.timeout(120_000)
  after(() => dropHost(host))

  fourRounds({
    host, name: 'a link', prepare: 'mkdir -p /srv/symlink && rm -f /srv/symlink/link',
    task: () => symlink({ path: '/srv/symlink/link', target: '../target' }),
    drift: 'ln -sfn /elsewhere /srv/symlink/link', repaired: ['target: /elsewhere → ../target'],
    proof: "stat -c '%i %Y %Z' /srv/symlink/link", holds: 'readlink /srv/symlink/link',
  })
})
