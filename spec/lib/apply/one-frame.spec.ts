import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { want } from '../../../lib/resource.ts'
import { apply, read } from '../../../lib/shell/script.ts'
import type { Connect } from '../../../lib/transport/transport.ts'
import { command } from '../../../modules/command.ts'
import { statuses } from '../run/local-run.ts'
import { inTemporaryDirectory, privateConnect } from '../shell/local-session.ts'
import { line, lineWith, recorded, scripted, wanting, wantLine } from './recorded.ts'

const text = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '')

/** What a task failed of, without what may be the matter with a machine whose root is read-only. */
const failure = (task: { error?: string } | undefined): string | undefined => task?.error?.replace(/The change failed: .*/, 'The change failed.')

describe('What a task writes', () => {
  it('goes one by one, in the order of its wants, except for adjacent ones that are written together; matching states are left alone', () => inTemporaryDirectory(async place => {
    const log = `${place}/log`
    const one = lineWith({ apply: ({ path }) => ({ script: apply`echo x >${path}; echo one ${path} >>${log}` }) })
    const many = lineWith({ kind: 'many', applyTogether: changes => ({ script: apply`for p in ${changes.map(({ key }) => key.path)}; do echo x >"$p"; done; echo many ${changes.map(({ key, current, desired }) => `${key.path}:${current?.line ?? ''}:${desired?.line ?? ''}`)} >>${log}` }) })
    const paths = (...names: string[]) => names.map(name => `${place}/${name}`)
    const [a = '', b = '', c = '', d = '', e = '', f = ''] = paths('a', 'b', 'c', 'd', 'e', 'f')
    writeFileSync(b, 'x\n')
    writeFileSync(c, 'y\n')
    const x = { line: 'x' }
    const { tasks } = await recorded(privateConnect(`${place}/host`), ({ task }) => {
      task('all', wanting(want(one, { path: a }, x), want(many, { path: c }, x), want(many, { path: b }, x), want(many, { path: d }, x), want(one, { path: e }, x), want(many, { path: f }, x)))
    })
    expect(tasks.map(({ error, status }) => error ?? status)).to.deep.equal(['change'])
    expect(text(log).replaceAll(`${place}/`, '').split('\n')).to.deep.equal(['one a', 'many c:y:x d::x', 'one e', 'many f::x', ''])
    expect(tasks[0]?.changes.map(({ resource }) => resource.replace(`${place}/`, ''))).to.deep.equal(['line[a]', 'many[c]', 'many[d]', 'line[e]', 'many[f]'])
  }))

  it('fails by the name of what failed, of all that were written together', () => inTemporaryDirectory(async place => {
    const many = lineWith({ kind: 'many', applyTogether: () => ({ script: apply`echo torn >&2; exit 4` }) })
    const { tasks } = await recorded(privateConnect(`${place}/host`), ({ task }) => {
      task('all', wanting(want(line, { path: `${place}/a` }, { line: 'x' }), want(many, { path: '/b' }, { line: 'x' }), want(many, { path: '/c' }, { line: 'x' }), want(line, { path: `${place}/d` }, { line: 'x' })))
    })
    expect(failure(tasks[0])).to.equal('here "all" many[/b] many[/c]: The change failed.\n  Exit status: 4\n  The host said:\n    torn')
    expect([existsSync(`${place}/a`), existsSync(`${place}/d`)]).to.deep.equal([true, false])
  }))

  it('is written by the user that the task says, or by the one that the thing itself is of', () => inTemporaryDirectory(async place => {
    const ofAnother = lineWith({ apply: () => ({ script: apply`:`, user: 'no-such-owner' }) })
    const { tasks } = await recorded(privateConnect(`${place}/host`), ({ task }) => {
      task('become', wantLine(`${place}/a`, 'x'), { become: 'no-such-user', ignoreErrors: true })
      task('owner', wantLine(`${place}/a`, 'x', ofAnother), { become: 'no-such-user', ignoreErrors: true })
    })
    expect(tasks.map(({ error }) => error?.split('\n').at(-1)?.trim())).to.deep.equal(['There is no user no-such-user.', 'There is no user no-such-owner.'])
  }))

  it('may take an hour, or as long as the task says, and on top what the longest of its waits takes', () => inTemporaryDirectory(async place => {
    const taking = (seconds: number) => lineWith({ apply: ({ path }) => ({ script: apply`echo x >${path}`, seconds }) })
    const { session } = await recorded(privateConnect(`${place}/host`), ({ task }) => {
      task('plain', wantLine(`${place}/a`, 'x'))
      task('limited', wantLine(`${place}/b`, 'x'), { timeoutSeconds: 7 })
      task('waits', wanting(...[4, 9, 2].map(seconds => want(taking(seconds), { path: `${place}/${seconds}` }, { line: 'x' }))), { timeoutSeconds: 7 })
    })
    expect(session.written.map(({ timeoutSeconds }) => timeoutSeconds)).to.deep.equal([3600, 7, 16])
  }))

  it('is named while stead waits for it', () => inTemporaryDirectory(async place => {
    const { session } = await recorded(privateConnect(`${place}/host`), ({ task }) => void task('plain', wantLine(`${place}/a`, 'x')))
    expect(session.written[0]?.parts.map(({ about }) => about)).to.deep.equal([`line[${place}/a]`, 'reading the current state (line)'])
  }))

  it('fails where it cannot be read back, and says why', () => inTemporaryDirectory(async place => {
    const blind = lineWith({ read: keys => ({ script: read`:`, parse: () => keys.map(({ path }) => (existsSync(path) ? new Error('it is dark') : null)) }) })
    const { tasks } = await recorded(privateConnect(`${place}/host`), ({ task }) => void task('dark', wantLine(`${place}/a`, 'x', blind)))
    expect(tasks[0]?.error).to.equal(`here "dark" line[${place}/a]: It was written, but could not be read back: it is dark`)
  }))

  it('fails where it does not read back, with what still differs', () => inTemporaryDirectory(async place => {
    const { tasks } = await recorded(privateConnect(`${place}/host`), ({ task }) => void task('lie', wantLine(`${place}/a`, 'x', scripted(apply`echo y >${`${place}/a`}`))))
    expect(tasks[0]?.error).to.equal(`here "lie" line[${place}/a]: It was written, but does not read back as desired:\n  line: y → x`)
  }))

  it('does not start if its handlers cannot be recorded, and the reason is reported', () => inTemporaryDirectory(async place => {
    const connect = privateConnect(`${place}/host`)
    const readOnly: Connect = async () => {
      const connection = await connect()
      return { ...connection, start: script => connection.start(`mount -t tmpfs -o ro tmpfs /var/lib && ${script}`) }
    }
    const { tasks, handlers } = await recorded(readOnly, ({ task, handler }) => {
      task('write', wantLine(`${place}/a`, 'x'), { notify: handler('restart', command({ argv: ['true'] })) })
    })
    expect([statuses({ tasks }), handlers, existsSync(`${place}/a`)]).to.deep.equal([['write: failed'], [], false])
    expect(tasks[0]?.error).to.match(/^here "write": Could not record the handlers on the host: (?:.*; )?the file system of \/var\/lib is mounted read-only .*\n {2}The host said:\n {4}mkdir: /)
  }))

  it('fails as it did where the host is lost while the reason is looked for', () => inTemporaryDirectory(async place => {
    const connect = privateConnect(`${place}/host`)
    const cut: Connect = async () => {
      const connection = await connect()
      return { ...connection, start: async script => {
        const channel = await connection.start(script)
        const write = channel.stdin.write.bind(channel.stdin)
        let frames = 1
        channel.stdin.write = (piece: Buffer) => {
          if (!/^\d+\nf= n=/.test(piece.subarray(0, 20).toString()) || (frames += 1) < 3) return write(piece)
          connection.close()
          return true
        }
        return channel
      } }
    }
    const { tasks, error } = await recorded(cut, ({ task }) => void task('fail', command({ argv: ['sh', '-c', 'echo torn >&2; exit 3'] })))
    expect([tasks[0]?.error, error]).to.deep.equal(['here "fail" command[sh -c echo torn >&2; exit 3]: The change failed.\n  Exit status: 3\n  The host said:\n    torn', undefined])
  }))
})

describe('What a task waits for', () => {
  /** A wait in which `script` comes about. */
  const waiting = (script: string) => scripted(apply`sh -c ${script}`, {
    kind: 'waiting', event: { effect: 'wait', describe: ({ path }) => `${path} to say there`, verify: (_key, _before, after) => (after?.line === 'there' ? undefined : `it says ${after?.line ?? 'nothing'}`), limitSeconds: () => 3 },
  })

  it('is announced, changes nothing and notifies no handler', () => inTemporaryDirectory(async place => {
    const { tasks, handlers, notes } = await recorded(privateConnect(`${place}/host`), ({ task, handler }) => {
      task('wait', wantLine(`${place}/a`, '', waiting(`echo there >${place}/a`)), { notify: handler('restart', command({ argv: ['true'] })) })
    })
    expect([statuses({ tasks }), tasks[0]?.changes, handlers, existsSync(`${place}/host/lib/stead/notified`)]).to.deep.equal([['wait: ok'], [], [], false])
    expect(notes.map(note => note.replace(place, 'PLACE').replace(/\d\d:\d\d:\d\d/g, 'T'))).to.deep.equal(['here: wait: waits for PLACE/a to say there, since T, until T at the latest'])
  }))

  it('is announced for its part of a task that also writes; the rest is a change', () => inTemporaryDirectory(async place => {
    const { tasks, handlers, notes } = await recorded(privateConnect(`${place}/host`), ({ task, handler }) => {
      task('both', wanting(want(line, { path: `${place}/b` }, { line: 'x' }), want(waiting(`echo there >${place}/a`), { path: `${place}/a` }, { line: '' })), { notify: handler('restart', command({ argv: ['true'] })) })
    })
    expect([statuses({ tasks }), tasks[0]?.changes.map(({ resource }) => resource), handlers.map(({ status }) => status), notes.length]).to.deep.equal([['both: change'], [`line[${place}/b]`], ['change'], 1])
  }))

  it('and does not happen fails the task with what is there instead', () => inTemporaryDirectory(async place => {
    const { tasks } = await recorded(privateConnect(`${place}/host`), ({ task }) => void task('wait', wantLine(`${place}/a`, '', waiting(`echo here >${place}/a`))))
    expect(tasks[0]?.error).to.equal(`here "wait" waiting[${place}/a]: it says here`)
  }))

  it('and is there already need not stay', () => inTemporaryDirectory(async place => {
    writeFileSync(`${place}/a`, 'there\n')
    const { tasks, notes } = await recorded(privateConnect(`${place}/host`), ({ task }) => {
      task('both', wanting(want(waiting('false'), { path: `${place}/a` }, { line: '' }), want(line, { path: `${place}/a` }, { line: 'gone' })))
    })
    expect([tasks.map(({ error, status }) => error ?? status), notes]).to.deep.equal([['change'], []])
  }))
})

describe('An edit of what somebody else changes meanwhile', () => {
  /** An edit that comes too late so often. */
  const late = (place: string, times: number, more: Parameters<typeof lineWith>[0] = { madeFrom: () => 'what is there' }) => scripted(
    apply`echo x >>${`${place}/tried`}; [ "$(wc -l <${`${place}/tried`})" -gt ${times} ] || { echo stale >&2; exit 75; }; echo x >${`${place}/a`}`, more)
  const tried = (place: string): number => text(`${place}/tried`).split('\n').length - 1

  it('is planned and tried again three times', () => inTemporaryDirectory(async place => {
    const { tasks } = await recorded(privateConnect(`${place}/host`), ({ task }) => {
      task('before', wantLine(`${place}/before`, null))
      task('edit', wantLine(`${place}/a`, 'x', late(place, 3)))
    })
    expect([tasks.map(({ error, status }) => error ?? status), tried(place)]).to.deep.equal([['ok', 'change'], 4])
  }))

  it('fails when that happens again and again', () => inTemporaryDirectory(async place => {
    const { tasks } = await recorded(privateConnect(`${place}/host`), ({ task }) => {
      task('edit', wantLine(`${place}/a`, 'x', late(place, 4)), { ignoreErrors: true })
      task('next', wantLine(`${place}/b`, 'x'))
    })
    expect(tasks[0]?.error).to.equal(`here "edit" line[${place}/a]: Somebody else kept changing it at the same time.\n  The host said:\n    stale`)
    expect([statuses({ tasks }), tried(place)]).to.deep.equal([['edit: failed', 'next: change'], 4])
  }))

  it('is counted for each task by itself', () => inTemporaryDirectory(async place => {
    const { tasks } = await recorded(privateConnect(`${place}/host`), ({ task }) => {
      task('edit', wantLine(`${place}/a`, 'x', late(place, 3)))
      task('forget', wantLine(`${place}/tried`, null))
      task('remove', wantLine(`${place}/a`, null))
      task('edit again', wantLine(`${place}/a`, 'x', late(place, 3)))
    })
    expect(tasks.map(({ error, status }) => error ?? status)).to.deep.equal(['change', 'change', 'change', 'change'])
  }))

  it('is a failure like any other if it is not an edit', () => inTemporaryDirectory(async place => {
    const { tasks } = await recorded(privateConnect(`${place}/host`), ({ task }) => void task('plain', wantLine(`${place}/a`, 'x', late(place, 9, {}))))
    expect([failure(tasks[0]), tried(place)]).to.deep.equal([`here "plain" line[${place}/a]: The change failed.\n  Exit status: 75\n  The host said:\n    stale`, 1])
  }))
})
