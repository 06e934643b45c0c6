import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { defineModule, want } from '../../../lib/resource.ts'
import { fileResource } from '../../../lib/resources/files/file.ts'
import type { Connect } from '../../../lib/transport/transport.ts'
import { z } from 'zod'
import { command } from '../../../modules/command.ts'
import { file } from '../../../modules/file.ts'
import { runLocally, runOver, silent, statuses, type Tasks } from '../run/local-run.ts'
import { privateConnect } from '../../helpers/own-place.ts'
import { inTemporaryDirectory } from '../shell/local-session.ts'

const lines = (path: string): number => (existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0)

/** A connection that is cut each time the file is longer than it was when that connection was made. */
function cutBy(path: string, connect: Connect): Connect {
  return async () => {
    const connection = await connect()
    const before = lines(path)
    const watch = setInterval(() => {
      if (lines(path) === before) return
      clearInterval(watch)
      connection.close()
    }, 20)
    watch.unref()
    return connection
  }
}

describe('a change that fails', () => {
  it('fails whatever its exit code is, and later parts are skipped', () => inTemporaryDirectory(async place => {
    for (const code of [1, 69, 125, 255]) {
      const report = await runLocally(({ task }) => {
        task('fails', command({ argv: ['sh', '-c', `exit ${code}`] }))
        task('next', file({ path: `${place}/next` }))
      })
      expect([statuses(report), report.tasks[0]?.error?.includes(`Exit status: ${code}`), existsSync(`${place}/next`)]).to.deep.equal([['fails: failed'], true, false])
    }
  }))

  it('does not count for the host if it is ignored, and is reported as ignored, in a check as in a run', () => inTemporaryDirectory(async place => {
    const tasks: Tasks = ({ task }) => {
      task('fails', file({ path: `${place}/no/such/directory/x` }), { ignoreErrors: true })
      task('next', file({ path: `${place}/next` }))
    }
    for (const check of [true, false]) {
      const report = await runLocally(tasks, { check })
      expect([report.status, statuses(report), report.tasks.map(({ ignored }) => ignored)]).to.deep.equal(['change', ['fails: failed', 'next: change'], [true, undefined]])
    }
    expect((await runLocally(tasks)).status).to.equal('ok')
  }))

  it('[handlers 5] is kept for a handler that succeeded without taking effect: it runs again in the next run', () => inTemporaryDirectory(async place => {
    const tasks: Tasks = ({ task, handler }) => {
      task('change', file({ path: `${place}/x` }), { notify: handler('make', command({ argv: ['sh', '-c', `[ ! -e ${place}/ready ] || echo >${place}/made`], creates: `${place}/made` })) })
    }
    const connect = privateConnect(`${place}/host`)
    const failed = await runOver(connect, tasks)
    expect(failed.handlers.map(({ name, status }) => `${name}: ${status}`)).to.deep.equal(['make: failed'])
    expect(readdirSync(`${place}/host/lib/stead/notified`)).to.have.length(1)
    await runLocally(({ task }) => void task('ready', file({ path: `${place}/ready` })))
    expect((await runOver(connect, tasks)).handlers.map(({ name, status }) => `${name}: ${status}`)).to.deep.equal(['make: change'])
    expect(readdirSync(`${place}/host/lib/stead/notified`)).to.deep.equal([])
  }))

  it('[handlers 5] keeps the record of a handler with any name', () => inTemporaryDirectory(async place => {
    const connect = privateConnect(`${place}/host`)
    const name = 'перезапуск '.repeat(20)
    const tasks = (fails: boolean): Tasks => ({ task, handler }) => {
      task('change', file({ path: `${place}/x` }), { notify: [handler(name, command({ argv: ['true'] })), handler(`${name}!`, command({ argv: ['true'] }))] })
      if (fails) task('fail', command({ argv: ['false'] }))
    }
    expect((await runOver(connect, tasks(true))).status).to.equal('failed')
    expect((await runOver(connect, tasks(false))).handlers.map(handler => handler.name)).to.deep.equal([name, `${name}!`])
  }))
})

describe('a connection that is lost again and again', () => {
  it('does not run a command again whose effect is unknown, but fails', () => inTemporaryDirectory(async place => {
    const report = await runOver(cutBy(`${place}/ran`, privateConnect(`${place}/host`)), ({ task }) => {
      task('reboot', command({ argv: ['sh', '-c', `echo ran >>${place}/ran; sleep 0.3`] }))
      task('next', file({ path: `${place}/next` }))
    })
    expect([statuses(report), lines(`${place}/ran`)]).to.deep.equal([['reboot: failed'], 1])
    expect(report.tasks[0]?.error).to.contain('The connection was lost while it ran')
  })).timeout(180_000)

  it('is opened again in a check too, which then reports everything', () => inTemporaryDirectory(async place => {
    const twice = defineModule({
      name: 'twice', args: z.strictObject({}),
      // The second question is asked only once the first is answered: by then the connection is gone.
      async plan(_args, host) {
        await host.current(fileResource, { path: `${place}/a` })
        const found = await host.current(fileResource, { path: `${place}/b` })
        return { wants: [want(fileResource, { path: `${place}/${found ? 'b' : 'c'}` }, { type: 'file' })] }
      },
    })
    let connections = 0
    const notes: string[] = []
    const flaky: Connect = async () => {
      const connection = await privateConnect(`${place}/host`)()
      connections += 1
      return connections > 1 ? connection : { ...connection, start: async script => {
        const channel = await connection.start(script)
        // The first frame is part of what starts the shell; the next one is written.
        channel.stdin.write = () => {
          connection.close()
          return true
        }
        return channel
      } }
    }
    const report = await runOver(flaky, ({ task }) => void task('twice', twice({})), { check: true, observer: { ...silent, note: (_, message) => notes.push(message) } })
    expect([statuses(report), connections, notes.length]).to.deep.equal([['twice: change'], 2, 1])
  })).timeout(180_000)
})
