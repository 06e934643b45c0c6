import { expect } from 'chai'
import { startCommand } from '../../../lib/shell/start.ts'

describe('startCommand', () => {
  it('[fault 26] contains no character that a login shell may interpret', () => {
    for (const become of ['none', 'sudo'] as const) {
      const command = startCommand(`echo "it's"; echo '!x' \\\n# ü`, { become, id: '0123' }) ?? ''
      expect(command).to.match(/^[ -~]+$/).and.not.match(/[!\\]/)
      // Between its single quotes everything is taken as it is; outside of them there is nothing special at all.
      expect(command.replace(/'[^']*'/g, '')).to.match(/^[a-zA-Z0-9 /+=-]+$/)
    }
  })

  it('[fault 7] shows sudo nothing of the script to log, and is compressed', () => {
    const script = 'echo very-special-word\n'.repeat(5000)
    const command = startCommand(script, { become: 'sudo', id: '0123' }) ?? ''
    expect(command).to.not.include('very-special-word')
    expect(command.length).to.be.below(3000)
  })

  it('is refused where it is longer than one argument may be', () => {
    expect(startCommand(Array.from({ length: 30_000 }, () => Math.random().toString(36)).join('\n'), { become: 'none', id: '0123' })).to.equal(undefined)
  })
})
