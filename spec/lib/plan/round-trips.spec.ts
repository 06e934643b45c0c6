import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import { file } from '../../../modules/file.ts'
import { blockInFile } from '../../../modules/block-in-file.ts'
import { inTemporaryDirectory } from '../shell/local-session.ts'
import { runLocally, type Tasks } from '../run/local-run.ts'

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index)
const one = (directory: string, number: number) => file({ path: path.join(directory, String(number)), content: `content ${number}\n` })
const files = (directory: string, count: number): Tasks => ({ task }) => {
  for (const number of numbers(count)) task(`file ${number}`, one(directory, number))
}
/** The same, but nobody knows what a function looks at. */
const apart = (directory: string, count: number): Tasks => ({ task }) => {
  for (const number of numbers(count)) task(`file ${number}`, () => one(directory, number))
}
const make = (directory: string, count: number): void => {
  for (const number of numbers(count)) writeFileSync(path.join(directory, String(number)), `content ${number}\n`)
}

describe('round trips', () => {
  it('are one for a playbook of 40 tasks on a host that is as it should be, run or checked', () => inTemporaryDirectory(async directory => {
    make(directory, 40)
    for (const check of [false, true]) {
      const report = await runLocally(files(directory, 40), { check })
      expect([report.status, report.tasks.length, report.roundTrips]).to.deep.equal(['ok', 40, 1])
    }
  }))

  it('are one for a check that finds everything missing', () => inTemporaryDirectory(async directory => {
    const report = await runLocally(files(directory, 40), { check: true })
    expect([report.status, report.roundTrips]).to.deep.equal(['change', 1])
  }))

  // One frame for all reads ahead; then one frame a change, which writes, reads back, and reads what the next two tasks need.
  for (const count of [1, 2, 5, 20]) {
    it(`are ${count + 1} for ${count} changes in a row`, () => inTemporaryDirectory(async directory => {
      const report = await runLocally(apart(directory, count))
      expect([report.status, report.roundTrips]).to.deep.equal(['change', count + 1])
      const again = await runLocally(files(directory, count))
      expect([again.status, again.roundTrips]).to.deep.equal(['ok', 1])
    }))
  }

  it('are two for 20 changes that cannot affect each other', () => inTemporaryDirectory(async directory => {
    const report = await runLocally(files(directory, 20))
    expect([report.status, report.tasks.length, report.roundTrips]).to.deep.equal(['change', 20, 2])
  }))

  // The change carries the reads of the next two tasks; windows of 4, 8, 16 and 32 tasks then cost a frame each, instead of 39.
  it('are few for one change at the beginning of 40 tasks', () => inTemporaryDirectory(async directory => {
    make(directory, 40)
    writeFileSync(path.join(directory, '0'), 'drift')
    const report = await runLocally(apart(directory, 40))
    expect(report.tasks.filter(({ status }) => status === 'change')).to.have.length(1)
    expect(report.roundTrips).to.equal(6)
  }))

  it('are two for one change at the end of 40 tasks', () => inTemporaryDirectory(async directory => {
    make(directory, 39)
    const report = await runLocally(files(directory, 40))
    expect([report.status, report.roundTrips]).to.deep.equal(['change', 2])
  }))

  it('are two where a task reads one thing by what another says', () => inTemporaryDirectory(async directory => {
    make(directory, 2)
    const report = await runLocally(({ task }) => {
      const first = task('block', blockInFile({ path: path.join(directory, '0'), block: '', marker: '# {mark}' }))
      task('after', async () => {
        await first
        return file({ path: path.join(directory, '1'), content: 'content 1\n' })
      })
    })
    expect([report.status, report.roundTrips]).to.deep.equal(['ok', 2])
  }))

  it('count bytes in both directions', () => inTemporaryDirectory(async directory => {
    const report = await runLocally(({ task }) => void task('large', file({ path: path.join(directory, 'x'), content: Buffer.alloc(400_000, 'x') })))
    expect(report.bytesSent).to.be.within(400_000, 410_000)
    expect(report.bytesReceived).to.be.within(100, 10_000)
  }))
})
