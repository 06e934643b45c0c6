import { expect } from 'chai'
import { blankHosts } from '../helpers/lab-lifecycle.ts'
import { seed } from '../helpers/seed.ts'
import { WorkDirectory } from '../helpers/work-directory.ts'
import { describeRound, drawRounds, Rounds } from './rounds.ts'
import { notesScenes } from './scenes.ts'
import { setStage } from './stages.ts'

describe('A run that is cut off, on a host that it mends', function () {
  this.timeout(300_000)

  const work = new WorkDirectory('faults')
  let rounds: Rounds

  before(async function () {
    this.timeout(300_000)
    rounds = await Rounds.on(await setStage('notes', (await blankHosts('spec-faults'))['spec-faults'], work))
  })

  after(() => work.remove())

  for (const [index, round] of drawRounds(notesScenes, { rounds: 20, seed, slow: false, longest: 6 }).entries()) {
    it(`[fault 66, fault 69, fault 72] is repaired by a plain second run, round ${index + 1}: ${describeRound(round).split('\n')[0]}`, async () => {
      const { problems } = await rounds.play(round)
      expect(problems.join('\n'), describeRound(round)).to.equal('')
    })
  }
})
