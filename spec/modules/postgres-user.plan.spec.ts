import { expect } from 'chai'
import { postgresUser } from '../../modules/postgres-user.ts'
import { desired, misuse, wrongArguments } from './plan-module.ts'

describe('postgres-user', () => {
  it('wants a new role to be one that may log in, and leaves whatever is not said of one that is there', async () => {
    expect(await desired(postgresUser({ name: 'app' }))).to.deep.equal([['postgres-role app', { login: true }]])
    expect(await desired(postgresUser({ name: 'app', login: false, createdb: true }))).to.deep.equal([['postgres-role app', { login: false, createdb: true }]])
    const there = { 'postgres-role app': { login: false } }
    expect(await desired(postgresUser({ name: 'app', createdb: true }), there)).to.deep.equal([['postgres-role app', { createdb: true }]])
    expect(await desired(postgresUser({ name: 'app', login: true }), there)).to.deep.equal([['postgres-role app', { login: true }]])
    expect(await desired(postgresUser({ name: 'app', state: 'absent' }))).to.deep.equal([['postgres-role app', null]])
  })

  it('finds every wrong argument at once', () => {
    expect(wrongArguments(misuse(postgresUser, { name: 'x'.repeat(64), login: 'yes', superuser: 1, role: 'x' }))).to.deep.equal(['arguments', 'login', 'name', 'superuser'])
  })
})
