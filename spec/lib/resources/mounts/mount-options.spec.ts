import { expect } from 'chai'
import fc from 'fast-check'
import { unmetOptions } from '../../../../lib/resources/mounts/mount-options.ts'

describe('options of a mount', () => {
  it('are met where the kernel shows the same: flags by the last that is said, numbers by their value', () => {
    const met: [string[], string[]][] = [
      [['defaults'], ['rw', 'relatime']], [['noexec', 'nofail'], ['rw', 'noexec']], [['size=64m'], ['rw', 'size=65536k']], [['mode=0700'], ['rw', 'mode=700']],
      [['ro', 'rw'], ['rw']], [['uid=www-data', 'size=50%', 'x-systemd.automount', 'data=ordered'], ['rw', 'uid=33', 'size=1000k']], [['bind', 'ro'], ['ro']], [['noexec', 'exec'], ['rw']],
    ]
    for (const [wanted, shown] of met) expect(unmetOptions(wanted, shown), wanted.join()).to.deep.equal([])
  })

  it('are not met where a flag or a number is another', () => {
    expect(unmetOptions(['noexec', 'nosuid', 'size=64m', 'mode=0700'], ['rw', 'nosuid', 'size=32768k', 'mode=755'])).to.deep.equal(['noexec', 'size=64m', 'mode=0700'])
    expect(unmetOptions(['defaults'], ['ro'])).to.deep.equal(['rw'])
    expect(unmetOptions(['exec'], ['rw', 'noexec'])).to.deep.equal(['exec'])
  })

  it('a size in any unit is the same number of bytes', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 10_000 }), megabytes => {
      const sizes = [`size=${megabytes}m`, `size=${megabytes * 1024}k`, `size=${megabytes * 1024 ** 2}`]
      for (const wanted of sizes) for (const shown of sizes) expect(unmetOptions([wanted], ['rw', shown])).to.deep.equal([])
      expect(unmetOptions([`size=${megabytes}m`], ['rw', `size=${megabytes + 1}m`])).to.have.length(1)
    }))
  })
})
