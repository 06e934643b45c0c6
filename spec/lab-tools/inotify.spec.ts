import { expect } from 'chai'
import fc from 'fast-check'
import { watch } from 'node:fs'
import { inotifyInUse, instancesOf, neededLimit } from '../../lab/inotify.ts'

describe('lab: inotify instances, which all hosts of a machine share', () => {
  it('[fault 77] leaves the machine\'s limit alone if it is enough, and raises the usual one for twenty hosts', () => {
    expect(neededLimit(128, 0, 1)).to.equal(128)
    expect(neededLimit(8192, 300, 20)).to.equal(8192)
    expect(neededLimit(128, 14, 20)).to.be.at.least(14 + 20 * 7)
    fc.assert(fc.property(fc.nat(5000), fc.nat(5000), fc.nat(100), (limit, inUse, boots) => {
      const needed = neededLimit(limit, inUse, boots)
      expect(needed).to.be.at.least(Math.max(limit, inUse + boots * 7))
      expect(neededLimit(needed, inUse, boots)).to.equal(needed)
    }))
  })

  it('[fault 77] counts what running processes use, and nothing of those that have ended', () => {
    const watcher = watch('.')
    const own = instancesOf(String(process.pid))
    watcher.close()
    expect(own).to.be.at.least(1)
    expect(inotifyInUse()).to.be.at.least(0)
    expect(instancesOf('4194305')).to.equal(0)
  })
})
