import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import type { Handler } from '../../../lib/playbook/task.ts'
import { playbook, type Play } from '../../../lib/playbook/playbook.ts'
import { checkPlaybooks } from '../../../lib/run/run-playbooks.ts'
import { command } from '../../../modules/command.ts'
import { file } from '../../../modules/file.ts'
import { playbookSource, runStead, Workspace } from '../../command-line/run-stead.ts'
import { here, runLocally, runOver, statuses, type Tasks } from '../run/local-run.ts'
import { privateConnect } from '../../helpers/own-place.ts'
import { inTemporaryDirectory } from '../shell/local-session.ts'

const ran = (place: string): string => (existsSync(`${place}/ran`) ? readFileSync(`${place}/ran`, 'utf8').trim().replaceAll('\n', ' ') : '')

/** A call for a handler that writes down that it ran, and then ends as `end` says. */
const noting = (place: string, name: string, end = ':') => command({ argv: ['sh', '-c', `echo ${name} >>${place}/ran; ${end}`] })

/** What the host still has noted down to be run. */
const noted = (place: string): string[] => (existsSync(`${place}/host/lib/stead/notified`) ? readdirSync(`${place}/host/lib/stead/notified`) : [])

const told = ({ handlers }: { handlers: { name: string; status: string }[] }): string[] => handlers.map(({ name, status }) => `${name}: ${status}`)

describe('a handler', () => {
  it('[handlers 1] that many tasks notify runs once, after all of them; not for tasks that changed nothing', () => inTemporaryDirectory(async place => {
    const tasks: Tasks = ({ task, handler }) => {
      const once = handler('once', noting(place, `$(ls ${place} | grep -c task)`))
      for (let count = 0; count < 12; count += 1) task(`${count}`, file({ path: `${place}/task${count}`, content: 'x' }), { notify: once })
    }
    const connect = privateConnect(`${place}/host`)
    expect([told(await runOver(connect, tasks)), ran(place)]).to.deep.equal([['once: change'], '12'])
    expect([told(await runOver(connect, tasks)), ran(place)]).to.deep.equal([[], '12'])
    writeFileSync(`${place}/task7`, 'drift')
    expect([told(await runOver(connect, tasks)), ran(place)]).to.deep.equal([['once: change'], '12 12'])
  }))

  it('[handlers 2] runs in the order of definition, whatever the order of notification, as a check foretells', () => inTemporaryDirectory(async place => {
    const tasks: Tasks = ({ task, handler }) => {
      const handlers = [1, 2, 3, 4, 5].map(number => handler(`handler ${number}`, noting(place, `${number}`)))
      for (const number of [4, 3, 1, 2, 5]) task(`task ${number}`, file({ path: `${place}/task${number}` }), { notify: handlers[number - 1] })
    }
    const connect = privateConnect(`${place}/host`)
    const order = [1, 2, 3, 4, 5].map(number => `handler ${number}: change`)
    expect(told(await runOver(connect, tasks, { check: true }))).to.deep.equal(order)
    expect([told(await runOver(connect, tasks)), ran(place)]).to.deep.equal([order, '1 2 3 4 5'])
  }))

  it('[handlers 4] runs if the failure of a later task is ignored', () => inTemporaryDirectory(async place => {
    const report = await runOver(privateConnect(`${place}/host`), ({ task, handler }) => {
      task('change', file({ path: `${place}/x` }), { notify: handler('restart', noting(place, 'restart')) })
      task('fail', command({ argv: ['false'] }), { ignoreErrors: true })
    })
    expect([statuses(report), told(report), ran(place), noted(place)]).to.deep.equal([['change: change', 'fail: failed'], ['restart: change'], 'restart', []])
  }))

  it('[handlers 4, handlers 5] of a task that failed halfway runs all the same: at the end if the failure is ignored, otherwise in the next run', () => inTemporaryDirectory(async place => {
    const half = (ignoreErrors: boolean): Tasks => ({ task, handler }) => {
      task('half', command({ argv: ['sh', '-c', `echo >${place}/made; false`], creates: `${place}/made` }), { notify: handler('restart', noting(place, 'restart')), ignoreErrors })
    }
    const connect = privateConnect(`${place}/host`)
    const failed = await runOver(connect, half(false))
    expect([statuses(failed), told(failed), ran(place), noted(place)]).to.deep.equal([['half: failed'], [], '', ['Spec%3A%20restart']])
    const next = await runOver(connect, half(false))
    expect([statuses(next), told(next), ran(place), noted(place)]).to.deep.equal([['half: ok'], ['restart: change'], 'restart', []])
    const other = privateConnect(`${place}/other`)
    writeFileSync(`${place}/ran`, '')
    const ignored = await runOver(other, ({ task, handler }) => {
      task('half', command({ argv: ['sh', '-c', `touch ${place}/made too; false`], creates: `${place}/no` }), { notify: handler('restart', noting(place, 'again')), ignoreErrors: true })
    })
    expect([statuses(ignored), told(ignored), ran(place)]).to.deep.equal([['half: failed'], ['restart: change'], 'again'])
  }))

  it('[handlers 5] is recorded before the change that needs it, so that the next run runs it if the change is killed in the middle', () => inTemporaryDirectory(async place => {
    const killed: Tasks = ({ task, handler }) => {
      const restart = handler('restart', noting(place, 'restart'))
      // The change itself sees that the note is there, and is then killed with the shell that runs it.
      task('change', command({ argv: ['sh', '-c', `ls /var/lib/stead/notified >${place}/seen; echo >${place}/made; kill -KILL $PPID`], creates: `${place}/made` }), { notify: restart })
    }
    const connect = privateConnect(`${place}/host`)
    const cut = await runOver(connect, killed)
    expect([statuses(cut), told(cut), ran(place), noted(place)]).to.deep.equal([['change: failed'], [], '', ['Spec%3A%20restart']])
    expect(readFileSync(`${place}/seen`, 'utf8')).to.equal('Spec%3A%20restart\n')
    expect([told(await runOver(connect, killed, { check: true })), ran(place)]).to.deep.equal([['restart: change'], ''])
    const next = await runOver(connect, killed)
    expect([statuses(next), told(next), ran(place), noted(place)]).to.deep.equal([['change: ok'], ['restart: change'], 'restart', []])
  }))

  it('[handlers 5] that failed runs in the next run together with the ones after it, and not a third time', () => inTemporaryDirectory(async place => {
    let end = 'false'
    const tasks: Tasks = ({ task, handler }) => {
      const [first, second] = [handler('first', noting(place, 'first', end)), handler('second', noting(place, 'second'))]
      task('change', file({ path: `${place}/x` }), { notify: [second, first] })
    }
    const connect = privateConnect(`${place}/host`)
    const failed = await runOver(connect, tasks)
    expect([failed.status, told(failed), ran(place)]).to.deep.equal(['failed', ['first: failed'], 'first'])
    end = ':'
    expect([told(await runOver(connect, tasks)), ran(place)]).to.deep.equal([['first: change', 'second: change'], 'first first second'])
    expect([told(await runOver(connect, tasks)), noted(place)]).to.deep.equal([[], []])
  }))

  it('[handlers 6] can be one of a list, which many tasks notify as a group', () => inTemporaryDirectory(async place => {
    const tasks: Tasks = ({ task, handler }) => {
      const [early, late, other] = ['early', 'late', 'other'].map(name => handler(name, noting(place, name)))
      if (!early || !late || !other) return
      const group: readonly Handler[] = [late, early]
      task('a', file({ path: `${place}/a` }), { notify: group })
      task('b', file({ path: `${place}/b` }), { notify: [...group, other, early] })
    }
    const connect = privateConnect(`${place}/host`)
    expect([told(await runOver(connect, tasks)), ran(place)]).to.deep.equal([['early: change', 'late: change', 'other: change'], 'early late other'])
  }))

  it('[handlers 12, check 1] is predicted by a check, which neither runs nor records it', () => inTemporaryDirectory(async place => {
    const tasks: Tasks = ({ task, handler }) => {
      const [needed, idle] = ['needed', 'idle'].map(name => handler(name, noting(place, name)))
      task('change', file({ path: `${place}/x` }), { notify: needed })
      task('nothing', file({ path: `${place}/y`, state: 'absent' }), { notify: idle })
    }
    const connect = privateConnect(`${place}/host`)
    for (let count = 0; count < 2; count += 1) {
      const check = await runOver(connect, tasks, { check: true })
      expect([told(check), check.status, ran(place), noted(place)]).to.deep.equal([['needed: change'], 'change', '', []])
    }
    expect([told(await runOver(connect, tasks)), ran(place)]).to.deep.equal([['needed: change'], 'needed'])
    expect(told(await runOver(connect, tasks, { check: true }))).to.deep.equal([])
  }))
})

describe('[handlers 8] a handler that is none of the playbook\'s', () => {
  const lay = (...plays: ((play: Play) => void)[]) => checkPlaybooks(plays.map((tasks, index) => playbook({ name: `Spec ${index}`, hosts: 'all', tasks })), { path: 'spec.ts', hosts: [here], groups: new Map([['all', ['here']]]), warnings: [] }, { extraVars: {}, tags: [], skipTags: [] })

  it('is an error before any connection, with the existing names', () => {
    let foreign: Handler | undefined
    const first = ({ handler }: Play) => void (foreign = handler('Reload nginx', command({ argv: ['true'] })))
    expect(() => lay(first, ({ task, handler }) => {
      const own = handler('Restart tor', command({ argv: ['true'] }))
      task('Torrc', file({ path: '/x' }), { notify: foreign === undefined ? own : [own, foreign] })
    })).to.throw('"Torrc": task: notify: must be a handler of this playbook, as returned by handler(…), and was "Reload nginx" of another; those of this playbook are "Restart tor"')
    expect(() => lay(first, ({ task }) => void task('Torrc', file({ path: '/x' }), { notify: foreign }))).to.throw('this playbook has none')
  })

  it('is also reported if the playbook uses facts, before anything is done', () => inTemporaryDirectory(async place => {
    let foreign: Handler | undefined
    await runLocally(({ handler }) => void (foreign = handler('Reload nginx', command({ argv: ['true'] }))))
    const report = await runLocally(({ task, host }) => {
      task('before', file({ path: `${place}/x`, content: host.os.id }))
      task('after', file({ path: `${place}/y` }), { notify: foreign })
    })
    expect([report.status, report.tasks, existsSync(`${place}/x`)]).to.deep.equal(['failed', [], false])
    expect(report.error).to.include('"after": task: notify: must be a handler of this playbook')
  }))

  it('is a mistake as a mere name as well, which no compiler may have looked at; so are two of one name', async () => {
    const workspace = new Workspace()
    try {
      workspace.write('inventories/here.yml', 'all: { hosts: { here: { ansible_connection: local, ansible_become: false } } }\n')
      const made = path.join(workspace.directory, 'made')
      workspace.write('playbooks/name.ts', playbookSource(`handler('Reload', command({ argv: ['true'] })); task('Make', file({ path: '${made}' }), { notify: 'Relaod' })`))
      workspace.write('playbooks/twice.ts', playbookSource(`task('Make', file({ path: '${made}' }), { notify: [1, 2].map(() => handler('Reload', command({ argv: ['true'] }))) })`))
      const named = await runStead(['playbooks/name.ts', '-i', 'here'], { cwd: workspace.directory })
      expect([named.status, named.out, existsSync(made)]).to.deep.equal([64, '', false])
      expect(named.error).to.include('"Make": task: notify: must be a handler of this playbook, as returned by handler(…), and was "Relaod"; those of this playbook are "Reload"')
      const twice = await runStead(['playbooks/twice.ts', '-i', 'here'], { cwd: workspace.directory })
      expect([twice.status, existsSync(made)]).to.deep.equal([64, false])
      expect(twice.error).to.include('"Reload": handler: name: must be unique among handlers')
    } finally {
      workspace.remove()
    }
  })
})
