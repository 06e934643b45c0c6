import { expect } from 'chai'
import pc from 'picocolors'
import { secret } from '../../../lib/secret/secret.ts'
import { handlerLines, isTold, summaryLines, taskLines, type Style } from '../../../lib/terminal/lines.ts'
import { lineObserver } from '../../../lib/terminal/observer.ts'
import { full, host, report, task } from '../report/sample-report.ts'

const style = (fields: Partial<Style> = {}): Style => ({ colors: pc.createColors(false), check: false, diff: true, verbosity: 0, ...fields })
const change = task({ name: 'Greet', status: 'change', changes: [{ resource: 'file[/x]', diff: '-a\n+b' }] })

describe('lines of a run', () => {
  it('name host, what happened, task, resource and difference', () => {
    expect(taskLines('web1', change, style())).to.deep.equal(['web1  changed     Greet', '    file[/x]', '      -a', '      +b'])
    expect(taskLines('web1', change, style({ check: true }))[0]).to.equal('web1  would change  Greet')
    expect(taskLines('web1', change, style({ diff: false }))).to.deep.equal(['web1  changed     Greet', '    file[/x]'])
  })

  it('say why something may change, and why something failed', () => {
    expect(taskLines('web1', task({ status: 'may-change', changes: [{ resource: 'unit[x]', diff: '', reason: 'it may come' }] }), style({ check: true }))).to.deep.equal(['web1  may change    Greet', '    unit[x]  it may come'])
    expect(taskLines('web1', task({ status: 'failed', error: 'one\ntwo' }), style())).to.deep.equal(['web1  FAILED      Greet', '    one', '    two'])
  })

  it('show what differs; with -v everything, with -vv the durations', () => {
    const told = (verbosity: number): string[] => (['ok', 'change', 'may-change', 'failed', 'skipped'] as const).filter(status => isTold({ status }, style({ verbosity })))
    expect(told(0)).to.deep.equal(['change', 'may-change', 'failed'])
    expect(told(1)).to.have.length(5)
    expect(taskLines('web1', task(), style({ verbosity: 2 }))).to.deep.equal(['web1  ok          Greet (13 ms)'])
    const written: string[] = []
    const observer = lineObserver(line => written.push(line), style())
    observer.taskDone('web1', task())
    observer.taskDone('web1', change)
    observer.note('web1', 'Connecting again.')
    expect(written).to.deep.equal(['web1  changed     Greet', '    file[/x]', '      -a', '      +b', 'web1  Connecting again.'])
  })

  it('tell of handlers', () => {
    expect(handlerLines('web1', { name: 'Reload', status: 'change' }, style())).to.deep.equal(['web1  ran         handler: Reload'])
    expect(handlerLines('web1', { name: 'Reload', status: 'change' }, style({ check: true }))).to.deep.equal(['web1  would run     handler: Reload'])
    expect(handlerLines('web1', { name: 'Reload', status: 'failed', error: 'no' }, style())).to.deep.equal(['web1  FAILED      handler: Reload', '    no'])
  })

  it('sum a host up with what it cost, and what the playbook says at the end', () => {
    const lines = summaryLines(report({ web1: host({ status: 'change', tasks: [task(), change], handlers: [{ name: 'x', status: 'change' }], roundTrips: 2, bytesSent: 1500, summary: ['Next: look.'] }) }), style())
    expect(lines).to.deep.equal(['web1  converged: 1 ok, 1 change, 1 handler, 2 round trips, 1.5 kB sent, 2.0 kB received', '    Next: look.', '1 host: 1 changed, in 1.2 s'])
    expect(summaryLines(full(true), style({ check: true })).join('\n')).to.include('web2  UNREACHABLE').and.include('    no answer')
  })

  it('do not call a host converged on which failures were ignored', () => {
    const ignored = task({ status: 'failed', ignored: true, error: 'no' })
    const [line] = summaryLines(report({ web1: host({ tasks: [task(), ignored] }) }), style())
    expect(line).to.include('web1  nothing to change, apart from ignored failures: 1 ok, 1 failed, 1 of the failures ignored')
    expect(summaryLines(report({ web1: host({ tasks: [task(), ignored] }), web2: host({ tasks: [ignored] }) }), style()).at(-1)).to.include('2 hosts: 2 unchanged, 2 failures ignored, in ')
  })

  it('have colour only where that is wanted, and never as the only sign', () => {
    const colored = taskLines('web1', change, style({ colors: pc.createColors(true) })).join('\n')
    expect(colored).to.include('\u001b[')
    expect(taskLines('web1', change, style()).join('\n')).to.not.include('\u001b[')
  })

  it('never show a secret', () => {
    const password = secret('lines-spec-password').reveal()
    const all = [
      ...taskLines(password, task({ name: password, status: 'failed', error: password, changes: [{ resource: password, diff: password, reason: password }] }), style()),
      ...handlerLines('web1', { name: password, status: 'failed', error: password }, style()),
    ]
    expect(all.join('\n')).to.not.include(password)
  })
})
