import { expect } from 'chai'
import fc from 'fast-check'
import pc from 'picocolors'
import { html } from '../../../lib/report/html.ts'
import { junit } from '../../../lib/report/junit.ts'
import { shown, shownInLine } from '../../../lib/report/printable.ts'
import { printableReport } from '../../../lib/report/write-report.ts'
import { secret } from '../../../lib/secret/secret.ts'
import { handlerLines, summaryLines, taskLines, type Style } from '../../../lib/terminal/lines.ts'
import { lineObserver } from '../../../lib/terminal/observer.ts'
import { host, report, task } from './sample-report.ts'

const style: Style = { colors: pc.createColors(false), check: false, diff: true, verbosity: 2 }
/** What a terminal or a browser would obey or hide: controls of both sets, changes of direction, what has no width, halves of characters. */
const obeyed = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u
const hostile = fc.string({ unit: fc.oneof(fc.constantFrom('\u001b', '\u009b', '\r', '\n', '\t', '\u0007', '\u202e', '\u2066', '\u200b', '\u2028', '\ufeff', '\ud800', '\u{e0041}', '\u0000', '[2K', '[1A', 'web1  converged'), fc.string({ unit: 'binary', maxLength: 2 })), maxLength: 30 })

describe('text of a host', () => {
  it('[fault 2] is shown with control characters and invisible characters made visible, and the rest unchanged', () => {
    expect(shown('\u001b[2K\u001b[1Aweb1  converged\r\n')).to.equal('\\x1b[2K\\x1b[1Aweb1  converged␍\n')
    expect(shown('10 %\r20 %')).to.equal('10 %\\x0d20 %')
    expect(shown('\u009b31m \u202eevil\u2066 a\u200bb \u2028 \ufeff\ud800 \u{e0041}')).to.equal('\\x9b31m \\u202eevil\\u2066 a\\u200bb \\u2028 \\ufeff\\ud800 \\u{e0041}')
    expect(shown('grün, 漢字, 😀\n\ttab "quoted" \\x1b')).to.equal('grün, 漢字, 😀\n\ttab "quoted" \\x1b')
    expect(shownInLine('web1\nweb2  converged')).to.equal('web1\\x0aweb2  converged')
  })

  it('[fault 2] is the same when shown twice, and hides a secret that contains escaped characters', () => {
    fc.assert(fc.property(hostile, text => {
      expect(shown(text)).to.not.match(obeyed)
      expect(shown(shown(text))).to.equal(shown(text))
    }))
    expect(shown(secret('printable-spec-\u001b-secret').reveal())).to.equal('<secret>')
  })

  it('[fault 2] never reaches a terminal or a report unescaped: in names, differences, reasons, errors, notes, summaries', () => {
    fc.assert(fc.property(hostile, text => {
      const worst = task({ name: text, module: text, status: 'failed', error: text, changes: [{ resource: text, diff: text, reason: text }] })
      const whole = report({ [text]: host({ status: 'failed', error: text, tasks: [worst], handlers: [{ name: text, status: 'failed', error: text, reason: text }], summary: [text] }) })
      const lines = [...taskLines(text, worst, style), ...handlerLines(text, { name: text, status: 'failed', error: text }, style), ...summaryLines(whole, style)]
      lineObserver(line => lines.push(...line.split('\n')), style).note(text, text)
      for (const line of lines) expect(line).to.not.match(obeyed).and.not.include('\n')
      const safe = printableReport(whole)
      for (const written of [JSON.stringify(safe), html(safe), junit(safe)]) expect(written).to.not.match(obeyed)
    }), { numRuns: 60 })
  })

  it('[fault 2] cannot imitate a line of stead, since it is indented', () => {
    const text = 'oops\nweb1  converged, nothing to change: 3 ok'
    const lines = [...taskLines('web1', task({ status: 'failed', error: text, changes: [{ resource: text, diff: text, reason: text }] }), style), ...summaryLines(report({ web1: host({ status: 'failed', error: text, summary: [text] }) }), style)]
    expect(lines.filter(line => /^web1 {2}converged/.test(line))).to.deep.equal([])
  })

  it('[fault 3] never redacts stead\'s own words, even if a secret is the same word', () => {
    secret('UNREACHABLE')
    expect(summaryLines(report({ web1: host({ status: 'unreachable' }) }), style)[0]).to.match(/^web1 {2}UNREACHABLE: /)
  })
})
