import { expect } from 'chai'
import { mount } from '../../modules/mount.ts'

describe('mount, its arguments', () => {
  const told = (args: Parameters<typeof mount>[0]) => mount(args).issues.map(({ argument, message }) => `${argument}: ${message}`).join('\n')

  it('needs a source and a type to mount, and neither to unmount', () => {
    expect(told({ path: '/srv/a' })).to.contain('source: must be given').and.contain('type: must be given')
    expect(told({ path: '/srv/a', state: 'absent' })).to.equal('')
  })

  it('refuses the root, swap, and a password that everybody could read', () => {
    expect(told({ path: '/', state: 'unmounted' })).to.contain('must not be the root directory')
    expect(told({ path: '/a', source: '/dev/sda2', type: 'swap' })).to.contain('swap has no mount point')
    expect(told({ path: '/a', source: '//nas/a', type: 'cifs', options: ['password=hunter22'] })).to.contain('credentials=').and.not.contain('hunter22')
    expect(told({ path: '/a', source: 'tmpfs', type: 'tmpfs', options: ['ro,noexec'] })).to.contain('must be one option')
  })
})
