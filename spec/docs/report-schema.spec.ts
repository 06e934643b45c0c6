import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { reportSchemaText } from '../../docs/report-schema.ts'
import { published, publishedFile, publishedHost } from '../helpers/published-schema.ts'
import { full, host, report, task } from '../lib/report/sample-report.ts'

describe('the published schema of the report', () => {
  it('is what the code makes now; if not: npx tsx docs/make-report-schema.ts', () => {
    expect(readFileSync(publishedFile, 'utf8')).to.equal(reportSchemaText())
  })

  it('takes a report with every status there is', () => {
    for (const check of [true, false]) {
      const written: unknown = JSON.parse(JSON.stringify(full(check)))
      expect(published(written)).to.equal(written)
    }
  })

  for (const [what, wrong, message] of [
    ['of another version', { ...report({}), version: 2 }, 'report/version must be equal to constant'],
    ['with something left out', { ...report({}), inventory: undefined }, 'must have required property \'inventory\''],
    ['with something that was not promised', { ...report({}), colour: 'red' }, 'must NOT have additional properties'],
    ['begun at no time', { ...report({}), startedAt: '2026-02-30T00:00:00.000Z' }, 'report/startedAt must match pattern'],
    ['with a status that there is not', { ...report({}), hosts: { web1: { ...host(), tasks: [{ ...task(), status: 'changed' }] } } }, 'report/hosts/web1/tasks/0/status must be equal to one of the allowed values'],
    ['with a duration that is no number', report({ web1: host({ tasks: [task({ durationMs: Number.NaN })] }) }), 'report/hosts/web1/tasks/0/durationMs must be number'],
    ['with half a round trip', report({ web1: host({ roundTrips: 1.5 }) }), 'report/hosts/web1/roundTrips must be integer'],
  ] as const) {
    it(`refuses one ${what}, and says where`, () => {
      expect(() => published(JSON.parse(JSON.stringify(wrong)))).to.throw(message)
    })
  }

  it('refuses a host\'s report with something that was not promised, as specs that run playbooks do', () => {
    expect(() => publishedHost({ ...host(), ...{ colour: 'red' } }, false)).to.throw('report/hosts/spec must NOT have additional properties')
  })
})
