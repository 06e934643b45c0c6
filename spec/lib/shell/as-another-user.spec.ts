import { expect } from 'chai'
import { read } from '../../../lib/shell/script.ts'
import { quote } from '../../../lib/text/quote.ts'
import { connectLocal } from '../../../lib/transport/local.ts'
import { localSession, withSession } from './local-session.ts'

describe('a read as another user', () => {
  it('opens no PAM session, which would leave a line in the journal, and has the groups of that user', () => withSession(async session => {
    const [output] = await session.read([{ script: read`id -un; id -Gn; echo "$USER $LOGNAME $HOME"; tr '\\0' ' ' <"/proc/$PPID/cmdline"`, user: 'daemon' }])
    expect(output?.stdout.toString()).to.match(/^daemon\ndaemon\ndaemon daemon \/usr\/sbin\n/).and.not.include('runuser')
  }))

  it('says what to do where the login user is not root', async () => {
    const session = localSession({}, async () => {
      const connection = await connectLocal()
      return { ...connection, start: command => connection.start(`exec setpriv --reuid=65534 --regid=65534 --clear-groups sh -c ${quote(command)}`) }
    })
    try {
      const [output] = await session.read([{ script: read`id -un`, user: 'daemon' }])
      expect(output?.stderr).to.include('Only root can act as daemon: log in as root, or set ansible_become: true.')
      expect(output?.exitCode).to.equal(127)
    } finally {
      session.close()
    }
  })
})
