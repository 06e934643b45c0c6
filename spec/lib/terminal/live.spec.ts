import { expect } from 'chai'
import pc from 'picocolors'
import { liveView, type Clock } from '../../../lib/terminal/live.ts'
import type { Style } from '../../../lib/terminal/lines.ts'
import { host, task } from '../report/sample-report.ts'
import { Terminal } from './terminal.ts'

const style: Style = { colors: pc.createColors(false), check: false, diff: true, verbosity: 0 }

/** A clock that a spec turns on. */
class Hand implements Clock {
  #now = 0
  #calls: (() => void)[] = []
  now(): number {
    return this.#now
  }

  every(_ms: number, call: () => void): () => void {
    this.#calls.push(call)
    return () => (this.#calls = [])
  }

  pass(seconds: number): void {
    this.#now += seconds * 1000
    for (const call of this.#calls) call()
  }
}

describe('a terminal during a run', () => {
  const change = task({ name: 'Greet', status: 'change', changes: [{ resource: 'file[/etc/motd]', diff: '-a\n+b' }] })

  it('[fault 33] shows one line per host and one for all, and above them what happens, as it happens', () => {
    const terminal = new Terminal(80, 24)
    const clock = new Hand()
    const { observer, tell, close } = liveView(['web1', 'database'], terminal, style, clock)
    expect([terminal.cursor, terminal.screen]).to.deep.equal([false, ['· web1      waits for its turn', '· database  waits for its turn', '2 hosts: 2 at work, 0 done  0:00']])
    observer.taskStarted('web1', 'Greet')
    clock.pass(3)
    expect(terminal.screen).to.deep.equal(['▸ web1      0 done, now: Greet  0:03', '· database  waits for its turn', '2 hosts: 2 at work, 0 done  0:03'])
    observer.taskDone('web1', change)
    observer.taskStarted('web1', 'Run it')
    observer.note('database', 'The connection was lost: reset. Connecting again in 0.5 s (try 1 of 7).')
    clock.pass(60)
    expect(terminal.screen).to.deep.equal([
      'web1  changed     Greet', '    file[/etc/motd]', '      -a', '      +b',
      // 80 columns are not enough for this one.
      'database  The connection was lost: reset. Connecting again in 0.5 s (try 1 of 7)', '.',
      '▸ web1      1 done, now: Run it  1:00', '· database  waits for its turn', '2 hosts: 2 at work, 0 done  1:03',
    ])
    observer.taskDone('web1', task({ name: 'Run it', status: 'failed', error: 'It does not run.\n  The host said:\n    no' }))
    observer.hostDone('web1', host({ status: 'failed' }))
    observer.hostDone('database', host({ status: 'unreachable', error: 'database: it is gone.' }))
    expect(terminal.screen.slice(6)).to.deep.equal([
      'web1  FAILED      Run it', '    It does not run.', '      The host said:', '        no', 'database  database: it is gone.',
      '✖ web1      FAILED  1:03', '✖ database  UNREACHABLE  1:03', '2 hosts: 0 at work, 0 done, 2 failed  1:03',
    ])
    tell('Stopping (Ctrl-C).')
    close()
    expect([terminal.cursor, terminal.screen.slice(-3)]).to.deep.equal([true, ['database  database: it is gone.', 'Stopping (Ctrl-C).', '']])
    close()
    observer.taskStarted('web1', 'x')
    expect(terminal.screen.at(-1)).to.equal('')
  })

  it('[fault 33] a host that succeeded has a tick, one that failed a cross and a word', () => {
    const terminal = new Terminal(80, 24)
    const { observer } = liveView(['a', 'b', 'c'], terminal, style, new Hand())
    for (const [name, status] of [['a', 'ok'], ['b', 'failed'], ['c', 'change']] as const) observer.hostDone(name, host({ status }))
    expect(terminal.screen).to.deep.equal(['✔ a  converged, nothing to change  0:00', '✖ b  FAILED  0:00', '✔ c  converged  0:00', '3 hosts: 0 at work, 2 done, 1 failed  0:00'])
  })

  it('[fault 33] fits the terminal: long lines are cut, and of many hosts those that failed or are busy are shown', () => {
    const terminal = new Terminal(40, 6)
    const names = Array.from({ length: 9 }, (_, index) => `web${index}`)
    const { observer } = liveView(names, terminal, style, new Hand())
    for (const name of names.slice(0, 3)) observer.hostDone(name, host())
    observer.hostDone('web8', host({ status: 'failed' }))
    observer.taskStarted('web5', 'A task with a name that is longer than forty columns')
    expect(terminal.screen).to.have.length(5)
    expect(terminal.screen[0]).to.equal('✖ web8  FAILED  0:00')
    expect(terminal.screen.slice(1, 3)).to.deep.equal(['· web3  waits for its turn', '· web4  waits for its turn'])
    expect(terminal.screen[3]).to.have.length(40).and.match(/^▸ web5 {2}0 done, now: A task/)
    observer.taskDone('web5', change)
    expect(terminal.everything.filter(line => line.startsWith('9 hosts'))).to.deep.equal(['9 hosts: 5 at work, 3 done, 1 failed  0:'.slice(0, 39) + '0'])
    expect(terminal.everything.slice(0, 4)).to.deep.equal(['web5  changed     Greet', '    file[/etc/motd]', '      -a', '      +b'])
  })

  it('[fault 2] shows no escape sequence from the name of a task or a host', () => {
    const terminal = new Terminal(80, 24)
    const { observer } = liveView(['web1'], terminal, style, new Hand())
    observer.taskStarted('web1', '\u001b[31mred\nline')
    expect(terminal.screen[0]).to.equal('▸ web1  0 done, now: \\x1b[31mred\\x0aline  0:00')
  })
})
