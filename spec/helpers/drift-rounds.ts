import { expect } from 'chai'
import fc from 'fast-check'
import { heldAgainst } from './foretold.ts'
import type { LabHost } from './lab-host.ts'
import { anyDamage, doDamage } from './random-drift.ts'
import type { Run, Stead } from './run-stead.ts'

/** What is damaged by chance, and repaired. */
export interface DriftRounds {
  stead: Stead
  playbook: string
  inventory: string
  host: LabHost
  /** What the run on the blank host made. */
  made: readonly string[]
  spare?: readonly RegExp[]
  /** Times; STEAD_ROUNDS in the environment wins. */
  rounds: number
}

/**
 * On a converged host: damage drawn by chance, then a check and a run, of which the one foretold the other; after it nothing is left to do.
 * A failure tells the seed; STEAD_SEED in the environment draws the same again.
 */
export async function driftRounds({ stead, playbook, inventory, host, made, spare = [], rounds }: DriftRounds): Promise<void> {
  const seed = Number(process.env.STEAD_SEED ?? Date.now() % 2 ** 31)
  const only = ['-l', host.name]
  for (const damage of fc.sample(anyDamage(made, { spare }), { numRuns: Number(process.env.STEAD_ROUNDS ?? rounds), seed })) {
    const what = `With STEAD_SEED=${seed}, after\n${damage.map(({ resource, script }) => `  ${resource}: ${script}`).join('\n')}\n`
    await host.run(doDamage(damage))
    const checked = await stead.run(playbook, inventory, '--check', ...only)
    const applied = await stead.run(playbook, inventory, ...only)
    const told = (run: Run) => `${what}${checked.told}${run.told}`
    expect(applied.status, told(applied)).to.equal(0)
    expect(heldAgainst(checked.host(host.name), applied.host(host.name)), told(applied)).to.deep.equal({ unforetold: [], untrue: [] })
    const again = await stead.run(playbook, inventory, ...only)
    expect([again.status, again.notOk(host.name), again.handlers(host.name)], told(again)).to.deep.equal([0, [], []])
  }
}
