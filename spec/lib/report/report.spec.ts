import { execFileSync } from 'node:child_process'
import { chmodSync, lstatSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { UsageError } from '../../../lib/errors.ts'
import { html } from '../../../lib/report/html.ts'
import { junit } from '../../../lib/report/junit.ts'
import { exitStatus, hostStatus, reportSchema, statusOf, taskStatus } from '../../../lib/report/report.ts'
import { checkReportFile, printableReport, writeReport } from '../../../lib/report/write-report.ts'
import { secret } from '../../../lib/secret/secret.ts'
import { command } from '../../../modules/command.ts'
import { file } from '../../../modules/file.ts'
import { here, runLocally } from '../run/local-run.ts'
import { inTemporaryDirectory } from '../shell/local-session.ts'
import { full, host, nasty, report, task } from './sample-report.ts'

describe('the exit status', () => {
  const of = (check: boolean, ...statuses: (typeof hostStatus.options)[number][]): number => exitStatus(report(Object.fromEntries(statuses.map((status, index) => [`web${index}`, host({ status })])), check))

  it('is 0 when all hosts are as they should be, or became so', () => {
    expect([of(false), of(false, 'ok', 'ok'), of(false, 'change', 'ok'), of(true, 'ok')]).to.deep.equal([0, 0, 0, 0])
  })

  it('is 2 in check mode where anything would or may change', () => {
    expect([of(true, 'ok', 'change'), of(true, 'may-change'), of(false, 'change')]).to.deep.equal([2, 2, 0])
  })

  it('is decided by the worst host: unreachable before failed before changed', () => {
    const rank = ['ok', 'may-change', 'change', 'failed', 'unreachable'] as const
    fc.assert(fc.property(fc.shuffledSubarray([...rank], { minLength: 1 }), fc.boolean(), (statuses, check) => {
      const expected = statuses.includes('unreachable') ? 4 : statuses.includes('failed') ? 1 : check && statuses.some(status => status.endsWith('change')) ? 2 : 0
      expect(of(check, ...statuses)).to.equal(expected)
    }))
  })
})

describe('the status of a host', () => {
  it('is the worst of its tasks and handlers; a task that was left out does not count', () => {
    const of = (tasks: (typeof taskStatus.options)[number][], handlers: (typeof taskStatus.options)[number][] = []): string => statusOf({ tasks: tasks.map(status => task({ status })), handlers: handlers.map(status => ({ name: 'x', status })) })
    expect([of([]), of(['ok', 'skipped']), of(['ok', 'may-change']), of(['change', 'may-change']), of(['failed', 'change']), of(['ok'], ['failed']), of(['ok'], ['change'])])
      .to.deep.equal(['ok', 'ok', 'may-change', 'change', 'failed', 'failed', 'change'])
  })

  it('is not affected by an ignored failure', () => {
    expect(statusOf({ tasks: [task({ status: 'failed', ignored: true }), task({ status: 'change' })], handlers: [{ name: 'x', status: 'failed', ignored: true }] })).to.equal('change')
  })
})

describe('a report', () => {
  it('of a real run and a real check has the shape that is promised', () => inTemporaryDirectory(async place => {
    for (const check of [true, false, false]) {
      const done = await runLocally(({ task: add, summary }) => {
        add('make', file({ path: `${place}/x`, content: 'x' }))
        add('fail', file({ path: `${place}/no/such/directory/x`, content: 'x' }), { ignoreErrors: true })
        summary(() => ['done'])
      }, { check })
      expect(reportSchema.parse(report({ [here.name]: done }, check)).hosts[here.name]?.tasks).to.have.length(2)
    }
  }))

  it('is written as JSON that its schema accepts, as JUnit and as HTML, by the file\'s extension, without leftovers', () => inTemporaryDirectory(async place => {
    const names = ['r.json', 'r.xml', 'r.html']
    for (const name of names) writeReport(path.join(place, name), full(true))
    expect(reportSchema.parse(JSON.parse(readFileSync(path.join(place, 'r.json'), 'utf8')))).to.deep.equal(JSON.parse(JSON.stringify(printableReport(full(true)))))
    expect(readFileSync(path.join(place, 'r.xml'), 'utf8')).to.equal(junit(printableReport(full(true))))
    expect(readFileSync(path.join(place, 'r.html'), 'utf8')).to.equal(html(printableReport(full(true))))
    expect(readdirSync(place).sort()).to.deep.equal(names.sort())
  }))

  it('takes the place of an older one', () => inTemporaryDirectory(async place => {
    const name = path.join(place, 'r.json')
    writeFileSync(name, 'old')
    writeReport(name, full(false))
    expect(reportSchema.safeParse(JSON.parse(readFileSync(name, 'utf8'))).success).to.equal(true)
  }))

  it('refuses a file whose extension says no format, with those there are', () => {
    for (const name of ['r.txt', 'r', 'r.JSON', '.json']) expect(() => checkReportFile(name), name).to.throw(UsageError, 'does not have a format that stead supports')
    expect(() => checkReportFile('a.b.html')).to.not.throw()
  })

  it('refuses a file in a folder that does not exist', () => {
    expect(() => checkReportFile('no/such/folder/r.json')).to.throw(UsageError, 'its folder does not exist')
  })

  it('[fault 7] can only be read by its owner, and is written under a temporary name that nobody can guess', () => inTemporaryDirectory(async place => {
    const name = path.join(place, 'r.json')
    const mode = () => statSync(name).mode & 0o777
    const umask = process.umask(0)
    writeReport(name, full(false))
    process.umask(umask)
    expect(mode()).to.equal(0o600)
    chmodSync(name, 0o640)
    writeReport(name, full(false))
    expect([mode(), readdirSync(place)]).to.deep.equal([0o640, ['r.json']])
  }))

  it('[fault 7] follows no link, neither in its own place nor where an older stead wrote first', () => inTemporaryDirectory(async place => {
    const name = path.join(place, 'r.json')
    const victim = path.join(place, 'victim')
    writeFileSync(victim, 'precious')
    symlinkSync(victim, name)
    symlinkSync(victim, `${name}.${process.pid}`)
    writeReport(name, full(false))
    expect([readFileSync(victim, 'utf8'), lstatSync(name).isFile()]).to.deep.equal(['precious', true])
  }))

  it('[fault 7] that cannot be written leaves no temporary file, and keeps the older report', () => inTemporaryDirectory(async place => {
    mkdirSync(path.join(place, 'r.json'))
    expect(() => checkReportFile(path.join(place, 'r.json'))).to.throw(UsageError, 'a directory is there')
    expect(() => writeReport(path.join(place, 'r.json'), full(false))).to.throw('EISDIR')
    expect(readdirSync(place)).to.deep.equal(['r.json'])
  }))

  it('[fault 37] shows handlers where they ran, between the tasks, in HTML and in JUnit', () => {
    const steps = { tasks: [task({ name: 'One' }), task({ name: 'Two' })], handlers: [{ name: 'Reload', status: 'change' as const, after: 1 }, { name: 'Restart', status: 'change' as const }] }
    const order = (text: string) => [...text.matchAll(/One|Two|Reload|Restart/g)].map(([name]) => name)
    for (const write of [html, junit]) expect(order(write(report({ web1: host(steps) })))).to.deep.equal(['One', 'Reload', 'Two', 'Restart'])
  })

  it('[fault 37] says after how many tasks a handler ran, in a run and in a check', () => inTemporaryDirectory(async place => {
    for (const check of [true, false]) {
      const done = await runLocally(({ task: add, handler, flushHandlers }) => {
        const [one, two] = [handler('one', command({ argv: ['true'] })), handler('two', command({ argv: ['true'] }))]
        add('a', file({ path: `${place}/a`, content: 'x' }), { notify: one })
        flushHandlers()
        add('b', file({ path: `${place}/b`, content: 'x' }), { notify: two })
      }, { check })
      expect(done.handlers.map(({ name, after }) => [name, after])).to.deep.equal([['one', 1], ['two', 2]])
    }
  }))

  it('never contains a secret, in any format', () => inTemporaryDirectory(async place => {
    const password = secret('report-spec-"<password>&').reveal()
    for (const extension of ['json', 'xml', 'html']) {
      const name = path.join(place, `r.${extension}`)
      writeReport(name, report({ web1: host({ status: 'failed', error: password, tasks: [task({ name: password, status: 'failed', error: password, changes: [{ resource: password, diff: password }] })], summary: [password] }) }, true))
      const text = readFileSync(name, 'utf8')
      expect(text, extension).to.include('secret').and.not.include('report-spec-')
    }
  }))
})

describe('JUnit', () => {
  it('is XML that a parser accepts, with any names and texts', () => inTemporaryDirectory(async place => {
    const name = path.join(place, 'r.xml')
    fc.assert(fc.property(fc.string({ unit: 'binary', minLength: 50, maxLength: 200 }).map(text => text + nasty), text => {
      writeFileSync(name, junit(report({ [text]: host({ error: text, tasks: [task({ name: text, status: 'change', changes: [{ resource: text, diff: text, reason: text }] }), task({ name: text, status: 'failed', error: text })] }) }, true)))
      execFileSync('python3', ['-c', 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])', name], { stdio: ['ignore', 'ignore', 'pipe'] })
    }), { numRuns: 6 })
  })).timeout(180_000)

  it('has a suite a host and a case a task and a handler; in a check what would change is a failure', () => {
    const counts = (xml: string) => [/<testsuite [^>]*tests="(\d+)" failures="(\d+)" errors="(\d+)"/g].flatMap(pattern => [...xml.matchAll(pattern)].map(match => match.slice(1).map(Number)))
    expect(counts(junit(full(true)))).to.deep.equal([[7, 5, 0], [1, 0, 1]])
    expect(counts(junit(full(false)))).to.deep.equal([[7, 2, 0], [1, 0, 1]])
    expect(junit(full(true))).to.include('<skipped/>').and.include('<failure message="may-change">')
  })

  it('shows the failure of a handler, and does not count ignored failures', () => {
    const xml = junit(report({ web1: host({ status: 'failed', tasks: [task({ status: 'failed', error: 'never mind', ignored: true })], handlers: [{ name: 'Restart', status: 'failed', error: 'it would not' }, { name: 'Reload', status: 'change' }] }) }))
    expect(xml).to.include('tests="3" failures="1" errors="0"').and.include('name="handler: Restart" time="0.000"><failure message="failed">it would not</failure>').and.include('failed, and is ignored\nnever mind')
  })

  it('says how long a task took, in seconds', () => {
    expect(junit(report({ web1: host({ tasks: [task({ durationMs: 1234.5 })] }) }))).to.include('<testcase classname="web1" name="Greet" time="1.234"/>'.replace('1.234', (1234.5 / 1000).toFixed(3)))
  })
})

describe('the HTML page', () => {
  it('shows names and texts as text, and loads nothing', () => {
    const page = html({ ...full(true), playbook: nasty, inventory: nasty })
    expect(page).to.not.include('<script').and.not.include('<b>').and.not.match(/(src|href)=/)
    expect(page.match(/&lt;script&gt;alert\(1\)/g)).to.have.length.at.least(6)
  })

  it('says why a handler failed, or only may run', () => {
    const page = html(report({ web1: host({ handlers: [{ name: 'Restart', status: 'failed', error: 'it would not' }, { name: 'Reload', status: 'may-change', reason: 'a task may change' }] }) }))
    expect(page).to.include('handler: Restart</summary><pre>it would not</pre>').and.include('handler: Reload</summary><pre>a task may change</pre>')
  })

  it('[fault 37] is readable on a phone and in dark mode, has a colour for each status, and shows totals', () => {
    const page = html(full(false))
    expect(page).to.include('<meta name="viewport"').and.include('prefers-color-scheme:dark').and.include('color-scheme:light dark')
    for (const status of taskStatus.options) expect(page, status).to.match(new RegExp(`\\.${status}[,{]`)).and.include(`<span class="status ${status}">`)
    expect(page).to.include('<tr><th>hosts</th><td>2</td>').and.include('<tr><th>tasks</th><td>5</td>').and.include('<tr><th>handlers</th><td>2</td><td><span class="status change">change</span>1 <span class="status failed">failed</span>1</td>')
    expect(html(report({ web1: host({ tasks: [task({ status: 'change', changes: [{ resource: 'file[/x]', diff: '-a\n+b' }] })] }) }))).to.include('<span class="removed">-a</span>\n<span class="added">+b</span>')
  })

  it('distinguishes check and run, and shows each task\'s status', () => {
    expect(html(full(true))).to.include('<p>Check of')
    expect(html(full(false))).to.include('<p>Run of').and.include('<span class="status may-change">may-change</span>May')
  })
})
