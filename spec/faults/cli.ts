import { lab } from '../../lab/index.ts'
import { findLabHost } from '../helpers/lab-host.ts'
import { WorkDirectory } from '../helpers/work-directory.ts'
import { describeRound, drawRounds, Rounds, type Result } from './rounds.ts'
import { setStage, type StageName } from './stages.ts'

/**
 * `npm run faults -- [--rounds N] [--seed S] [--playbook notes|synapse] [--only CUT]`: interrupts
 * runs on a lab host, and prints how they recovered from each kind of interruption. The host,
 * faults-PLAYBOOK, stays for the next time.
 */
const words = process.argv.slice(2)
const option = (name: string, otherwise: string) => words[words.indexOf(`--${name}`) + 1 || words.length] ?? otherwise
const rounds = Number(option('rounds', '30'))
const seed = Number(option('seed', '1'))
const playbook: StageName = option('playbook', 'notes') === 'synapse' ? 'synapse' : 'notes'
const only = words.includes('--only') ? option('only', '') : undefined

const name = `faults-${playbook}`
await lab({ hosts: { [name]: { groups: [] } } }).start()
const work = new WorkDirectory(name)
const stage = await setStage(playbook, await findLabHost(name), work)
const all = await Rounds.on(stage)
const results: Result[] = []
for (const [index, round] of drawRounds(stage.scenes, { rounds, seed, only, slow: true, longest: 8 }).entries()) {
  const result = await all.play(round)
  results.push(result)
  console.log(`${index + 1} ${result.outcome} (${result.seconds.toFixed(0)} s): ${describeRound(round).split('\n')[0]}`)
  if (result.outcome === 'needed a hand') console.log(`${describeRound(round)}\n${result.problems.join('\n')}`.replace(/^/gm, '    '))
}
work.remove()

const cuts = [...new Set(results.map(({ round }) => round.cut))].sort()
console.table(Object.fromEntries([...cuts, 'all'].map(cut => {
  const of = results.filter(({ round }) => cut === 'all' || round.cut === cut)
  const count = (outcome: Result['outcome']) => of.filter(result => result.outcome === outcome).length
  return [cut, { rounds: of.length, converged: count('converged'), 'not hit': count('missed'), 'needed a hand': count('needed a hand') }]
})))
process.exitCode = results.some(({ outcome }) => outcome === 'needed a hand') ? 1 : 0
