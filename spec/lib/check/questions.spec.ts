import { mkdirSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { command } from '../../../modules/command.ts'
import { waitFor } from '../../../modules/wait-for.ts'
import { runLocally, statuses, type Tasks } from '../run/local-run.ts'
import { inTemporaryDirectory } from '../shell/local-session.ts'

describe('tasks that ask different things of one piece of state', () => {
  it('are each answered by themselves: one command with different guards, and in different directories', () => inTemporaryDirectory(async root => {
    mkdirSync(`${root}/a`)
    mkdirSync(`${root}/b`)
    writeFileSync(`${root}/done`, '')
    const tasks: Tasks = ({ task }) => {
      task('done', command({ argv: ['touch', `${root}/made`], unless: `test -e ${root}/done` }))
      task('to do', command({ argv: ['touch', `${root}/made`], unless: `test -e ${root}/made` }))
      task('in a', command({ argv: ['touch', 'here'], cwd: `${root}/a`, unless: 'test -e here' }))
      task('in b', command({ argv: ['touch', 'here'], cwd: `${root}/b`, unless: 'test -e here' }))
    }
    const check = await runLocally(tasks, { check: true })
    expect(statuses(check).slice(0, 2)).to.deep.equal(['done: ok', 'to do: change'])
    expect(statuses(await runLocally(tasks))).to.deep.equal(['done: ok', 'to do: change', 'in a: change', 'in b: change'])
    const again = await runLocally(tasks)
    expect(statuses(again)).to.deep.equal(['done: ok', 'to do: ok', 'in a: ok', 'in b: ok'])
    expect(again.roundTrips).to.equal(1)
  }))

  it('are each answered by themselves: one command that prints, in different directories and as different users', () => inTemporaryDirectory(async root => {
    const seen: string[] = []
    await runLocally(({ task }) => {
      const answers = [task('root', command({ argv: ['id', '-un'], reads: true })), task('nobody', command({ argv: ['id', '-un'], reads: true, user: 'nobody' })), task('words', command({ argv: ['id', '-un'], cwd: root, reads: true }))]
      task('collect', async () => {
        for (const answer of answers) seen.push((await answer).stdout.trim())
        return command({ argv: ['true'], creates: '/' })
      })
    })
    expect(seen.slice(-3)).to.deep.equal(['root', 'nobody', 'root'])
  }))

  it('are each answered by themselves: waits for one file with different texts', () => inTemporaryDirectory(async root => {
    writeFileSync(`${root}/log`, 'started\n')
    const report = await runLocally(({ task }) => {
      task('there', waitFor({ path: `${root}/log`, contains: 'started', timeoutSeconds: 1 }))
      task('not there', waitFor({ path: `${root}/log`, contains: 'ended', timeoutSeconds: 1 }), { ignoreErrors: true })
      task('still there', waitFor({ path: `${root}/log`, contains: 'started', timeoutSeconds: 1 }))
    })
    expect(statuses(report)).to.deep.equal(['there: ok', 'not there: failed', 'still there: ok'])
  }))

  it('are unsure in a check once one of them changes it', () => inTemporaryDirectory(async root => {
    const report = await runLocally(({ task }) => {
      task('first', command({ argv: ['touch', `${root}/x`], unless: `test -e ${root}/x` }))
      task('second', command({ argv: ['touch', `${root}/x`], unless: `test -f ${root}/x` }))
    }, { check: true })
    expect(statuses(report)).to.deep.equal(['first: change', 'second: may-change'])
    expect(report.tasks[1]?.changes[0]?.reason).to.contain('a task above changes it too')
  }))
})
