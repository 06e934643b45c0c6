import { expect } from 'chai'
import { postgresDatabase } from '../../modules/postgres-database.ts'
import { desired, misuse, wrongArguments } from './plan-module.ts'

/** Roles and a database that others need. */
const there = { 'postgres-role app': { login: true }, 'postgres-role other': { login: true }, 'postgres-database template0': { owner: 'postgres' } }
const app = { owner: 'app', encoding: 'UTF8', collate: 'C', ctype: 'C' }

describe('postgres-database', () => {
  it('wants what is said of a database', async () => {
    expect(await desired(postgresDatabase({ name: 'app', owner: 'app', encoding: 'utf-8', collate: 'C', ctype: 'C', template: 'template0' }), there)).to.deep.equal([['postgres-database app', app]])
    expect(await desired(postgresDatabase({ name: 'app', owner: 'other' }), { ...there, 'postgres-database app': app })).to.deep.equal([['postgres-database app', { owner: 'other' }]])
    expect(await desired(postgresDatabase({ name: 'app', state: 'absent' }))).to.deep.equal([['postgres-database app', null]])
  })

  it('wants nothing that its owner or its template is missing for', async () => {
    const refused = (args: Parameters<typeof postgresDatabase>[0], states = {}) => desired(postgresDatabase(args), states).then(() => 'wanted', String)
    expect(await refused({ name: 'app', owner: 'app' })).to.include('The role app does not exist.')
    expect(await refused({ name: 'app', template: 'template0' })).to.include('There is no database template0 to copy.')
    expect(await refused({ name: 'app', template: 'gone' }, { 'postgres-database app': app })).to.equal('wanted')
    expect(await desired(postgresDatabase({ name: 'app', owner: 'app', template: 'model' }), {}, { packagesPending: true })).to.deep.equal([['postgres-database app', { owner: 'app' }]])
  })

  it('does not pretend that encoding and locale could be changed', async () => {
    const error = await desired(postgresDatabase({ name: 'app', encoding: 'LATIN1', collate: 'C', ctype: 'de_DE' }), { 'postgres-database app': app }).then(() => undefined, (thrown: unknown) => thrown)
    expect(String(error)).to.include('The database app has encoding UTF8, ctype C but should have encoding LATIN1, ctype de_DE.')
  })

  it('finds every wrong argument at once', () => {
    expect(wrongArguments(misuse(postgresDatabase, { name: '', owner: 7, encoding: 8, template: true, locale: 'C' }))).to.deep.equal(['arguments', 'encoding', 'name', 'owner', 'template'])
  })
})
