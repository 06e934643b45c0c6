import { expect } from 'chai'
import { postgresUser } from '../../modules/postgres-user.ts'
import { desired, misuse, wrongArguments } from './plan-module.ts'

describe('postgres-user', () => {
  it('wants a role that may log in, and leaves its other attributes as they are', async () => {
    expect(await desired(postgresUser({ name: 'app' }))).to.deep.equal([['postgres-role app', { login: true }]])
    expect(await desired(postgresUser({ name: 'app', login: false, createdb: true }))).to.deep.equal([['postgres-role app', { login: false, createdb: true }]])
    expect(await desired(postgresUser({ name: 'app', state: 'absent' }))).to.deep.equal([['postgres-role app', null]])
  })

  it('finds every wrong argument at once', () => {
    expect(wrongArguments(misuse(postgresUser, { name: 'x'.repeat(64), login: 'yes', superuser: 1, role: 'x' }))).to.deep.equal(['arguments', 'login', 'name', 'superuser'])
  })
})
