import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { z } from 'zod'
import { defineModule, want } from '../../../lib/resource.ts'
import { quote } from '../../../lib/text/quote.ts'
import { apply, read } from '../../../lib/shell/script.ts'
import type { Resource } from '../../../lib/state/resource.ts'
import type { Connect } from '../../../lib/transport/transport.ts'
import { command } from '../../../modules/command.ts'
import { file } from '../../../modules/file.ts'
import { waitFor } from '../../../modules/wait-for.ts'
import { runOver, statuses, type Tasks } from '../run/local-run.ts'
import { inTemporaryDirectory, privateConnect } from '../shell/local-session.ts'

const noted = (place: string): string[] => (existsSync(`${place}/host/lib/stead/notified`) ? readdirSync(`${place}/host/lib/stead/notified`) : [])

interface OneState {
  readonly [field: string]: string
  is: string
}

/** A resource that does not exist, and whose writing is a script. */
const scripted = (script: string, after: 'read back' | 'not read back'): Resource<{ name: string }, OneState, OneState> => ({
  kind: 'scripted', schema: z.strictObject({ is: z.string() }), identify: ({ name }) => name,
  read: keys => ({ script: read`:`, parse: () => keys.map(() => (after === 'read back' ? null : new Error('it cannot be read back'))) }),
  apply: () => ({ script: apply`sh -c ${script}` }),
})

/** A connection like another, which is cut when the session has written its `frame`th frame (the first travels in the command). */
const cutAt = (frame: number, connect: Connect, after: number): Connect => {
  let connections = 0
  return async () => {
    const connection = await connect()
    connections += 1
    return connections > 1 ? connection : { ...connection, start: async script => {
      const channel = await connection.start(script)
      let frames = 1
      const write = channel.stdin.write.bind(channel.stdin)
      channel.stdin.write = (piece: Buffer) => {
        if (/^\d+\nf= n=/.test(piece.subarray(0, 20).toString()) && (frames += 1) === frame) setTimeout(() => connection.close(), after)
        return write(piece)
      }
      return channel
    } }
  }
}

describe('[fault 12] nothing that was read before a change is used after it', () => {
  /** Tasks of which the first, whose failure is ignored, spoils what the second has found to be right ahead of its turn. */
  const spoilingBy = (place: string, spoil: (script: string) => Parameters<Parameters<Tasks>[0]['task']>[1]): Tasks => ({ task }) => {
    task('spoil', spoil(`echo spoilt >${place}/x`), { ignoreErrors: true, timeoutSeconds: 2 })
    task('keep', file({ path: `${place}/x`, content: 'right\n' }))
  }
  const made = (resource: ReturnType<typeof scripted>) => defineModule({ name: 'scripted', args: z.strictObject({}), plan: () => ({ wants: [want(resource, { name: 'x' }, { is: 'so' })] }) })({})
  const ways: Record<string, { spoil: (script: string) => Parameters<Parameters<Tasks>[0]['task']>[1]; connect?: (connect: Connect) => Connect; status?: string }> = {
    'that went well': { spoil: script => command({ argv: ['sh', '-c', script] }), status: 'change' },
    'that failed': { spoil: script => command({ argv: ['sh', '-c', `${script}; exit 3`] }) },
    'that was written and is not as desired': { spoil: script => made(scripted(script, 'read back')) },
    'during which the connection was lost': { spoil: script => command({ argv: ['sh', '-c', `${script}; sleep 0.6`] }), connect: connect => cutAt(2, connect, 300) },
    'that did not end in time': { spoil: script => command({ argv: ['sh', '-c', `${script}; sleep 60`] }) },
    'that was killed with its shell': { spoil: script => command({ argv: ['sh', '-c', `${script}; kill -KILL $PPID`] }) },
  }
  for (const [what, { spoil, connect = (same: Connect) => same, status = 'failed' }] of Object.entries(ways)) {
    it(`one ${what}`, () => inTemporaryDirectory(async place => {
      writeFileSync(`${place}/x`, 'right\n', { mode: 0o644 })
      const report = await runOver(connect(privateConnect(`${place}/host`)), spoilingBy(place, spoil))
      expect(statuses(report)).to.deep.equal([`spoil: ${status}`, 'keep: change'])
    })).timeout(180_000)
  }
})

describe('[fault 35] a task that takes too long', () => {
  it('fails at its own limit, is ended, and keeps no lock; the time of waitFor is added', () => inTemporaryDirectory(async place => {
    const connect = privateConnect(`${place}/host`)
    const report = await runOver(connect, ({ task }) => {
      task('wait', waitFor({ path: `${place}/never`, timeoutSeconds: 4 }), { timeoutSeconds: 3, ignoreErrors: true })
      task('hang', command({ argv: ['sleep', '61'] }), { timeoutSeconds: 1 })
    })
    expect(statuses(report)).to.deep.equal(['wait: failed', 'hang: failed'])
    expect(report.tasks[0]?.error).to.include('waiting for')
    expect(report.tasks[1]?.error).to.include('here "hang": The host has not answered for 1 s: command[sleep 61].').and.include('ended on the host').and.include('timeoutSeconds')
    expect((await runOver(connect, ({ task }) => void task('next', file({ path: `${place}/next` })))).status).to.equal('change')
  })).timeout(180_000)
})

describe('a wait that is not met', () => {
  it('[fault 38] notifies no handler, since it has changed nothing', () => inTemporaryDirectory(async place => {
    const report = await runOver(privateConnect(`${place}/host`), ({ task, handler }) => {
      task('wait', waitFor({ path: `${place}/never`, timeoutSeconds: 1 }), { notify: handler('restart', command({ argv: ['true'] })) })
    })
    expect([statuses(report), noted(place)]).to.deep.equal([['wait: failed'], []])
  }))
})

describe('[fault 76] a write that fails', () => {
  const mounted = (place: string, options: string): Connect => {
    const connect = privateConnect(`${place}/host`)
    return async () => {
      const connection = await connect()
      return { ...connection, start: script => connection.start(`mount -t tmpfs -o ${options} tmpfs ${quote(`${place}/disk`)} && ${script}`) }
    }
  }
  const reasonWith = (options: string, work: (place: string) => Tasks) => inTemporaryDirectory(async place => {
    mkdirSync(`${place}/disk`)
    const report = await runOver(mounted(place, options), work(place))
    const task = report.tasks.find(({ status }) => status === 'failed')
    return { error: (task?.error ?? 'nothing failed').replaceAll(place, 'PLACE'), roundTrips: report.roundTrips }
  })

  it('says so where its disk is full, has no inodes left or is mounted read-only, for one frame more', async () => {
    const full = await reasonWith('size=64k', place => ({ task }) => {
      task('fill', command({ argv: ['sh', '-c', `head -c 200000 /dev/zero >${place}/disk/fill; :`], creates: `${place}/disk/fill` }))
      // In the words of a tool that does not tell why.
      task('write', command({ argv: ['sh', '-c', `echo x >${place}/disk/x || { echo cannot lock; exit 1; }`], creates: `${place}/disk/x` }))
    })
    expect(full.error).to.include('The change failed: the file system of PLACE/disk is full (df -h PLACE/disk).').and.include('cannot lock')
    const inodes = await reasonWith('size=1m,nr_inodes=2', place => ({ task }) => {
      task('first', file({ path: `${place}/disk/a`, content: '' }))
      task('write', file({ path: `${place}/disk/b`, content: 'x' }))
    })
    expect(inodes.error).to.include('The change failed: the file system of PLACE/disk has no inodes left')
    const readOnly = await reasonWith('size=64k,ro', place => ({ task }) => void task('write', file({ path: `${place}/disk/x`, content: 'x' })))
    expect(readOnly.error).to.include('The change failed: the file system of PLACE/disk is mounted read-only').and.include('write')
    expect(readOnly.roundTrips).to.equal(3)
  }).timeout(180_000)

  it('says nothing of the kind where the reason is another', async () => {
    const { error } = await reasonWith('size=64k', place => ({ task }) => void task('write', command({ argv: ['sh', '-c', 'exit 3'], creates: `${place}/disk/x` })))
    expect(error).to.include('The change failed.\n')
  })
})
