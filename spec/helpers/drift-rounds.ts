import { expect } from 'chai'
import fc from 'fast-check'
import { heldAgainst } from './foretold.ts'
import type { LabHost } from './lab-host.ts'
import { anyDamage, doDamage } from './random-drift.ts'
import type { Run, Stead } from './run-stead.ts'
import { seed } from './seed.ts'

/** What is damaged at random, and repaired. */
export interface DriftRounds {
  stead: Stead
  playbook: string
  inventory: string
  host: LabHost
  /** What the run on the blank host created. */
  made: readonly string[]
  spare?: readonly RegExp[]
  /**
   * A shell script that prints state from outside of stead: after each repair it must print the
   * same as before the damage.
   */
  proof: string
  /** Number of rounds; STEAD_ROUNDS in the environment overrides it. */
  rounds: number
}

/**
 * On a converged host: random damage, then a check and a run that does what the check predicted;
 * after it nothing is left to do. A failure shows the seed.
 */
export async function driftRounds({ stead, playbook, inventory, host, made, spare = [], proof, rounds }: DriftRounds): Promise<void> {
  const only = ['-l', host.name]
  const seen: string[] = []
  const whole = await host.run(proof)
  for (const damage of fc.sample(anyDamage(made, { spare }), { numRuns: Number(process.env.STEAD_ROUNDS ?? rounds), seed })) {
    const what = `With STEAD_SEED=${seed}, after\n${damage.map(({ resource, script }) => `  ${resource}: ${script}`).join('\n')}\n`
    await host.run(doDamage(damage))
    const checked = await stead.run(playbook, inventory, '--check', ...only)
    const applied = await stead.run(playbook, inventory, ...only)
    const told = (run: Run) => `${what}${checked.told}${run.told}`
    seen.push(...checked.host(host.name).tasks.flatMap(({ changes }) => changes.map(({ resource }) => resource)).filter(resource => damage.some(each => each.resource === resource)))
    expect(applied.status, told(applied)).to.equal(0)
    expect(heldAgainst(checked.host(host.name), applied.host(host.name)), told(applied)).to.deep.equal({ unforetold: [], untrue: [] })
    const again = await stead.run(playbook, inventory, ...only)
    expect([again.status, again.notOk(host.name), again.handlers(host.name)], told(again)).to.deep.equal([0, [], []])
    expect(await host.run(proof), what).to.equal(whole)
  }
  expect(seen, 'damaged things that a check saw').not.to.deep.equal([])
}
