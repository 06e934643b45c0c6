import { expect } from 'chai'
import { ApplyError, ArgumentError, ConnectError, InventoryError, NotConvergedError, PlaybookError, ReadError, SteadError, UsageError } from '../../lib/errors.ts'
import { formatError } from '../../lib/report/format-error.ts'
import { secret } from '../../lib/secret/secret.ts'

describe('errors', () => {
  it('have the exit status of the face', () => {
    const statuses = [
      new UsageError('x'), new ArgumentError('apt', []), new InventoryError([]), new PlaybookError('x'),
      new ConnectError('x'), new ReadError('x'), new ApplyError('x'), new NotConvergedError('x'), new SteadError('x'),
    ].map(error => error.exitStatus)
    expect(statuses).to.deep.equal([64, 64, 64, 64, 4, 1, 1, 1, 1])
  })

  it('keep their name, fields and cause, and are SteadErrors', () => {
    const cause = new Error('reset')
    const error = new ConnectError('The connection was lost.', { host: 'web1', cause })
    expect(error).to.be.instanceOf(SteadError)
    expect([error.name, error.host, error.cause]).to.deep.equal(['ConnectError', 'web1', cause])
  })

  it('learn where they happened without losing what they know', () => {
    const error = new ReadError('x', { host: 'web1' }).at({ host: 'other', task: 'Greet' })
    expect([error.host, error.task, error.resource]).to.deep.equal(['web1', 'Greet', undefined])
  })

  it('are formatted with their identity first and the standard error of the host last', () => {
    const error = new ApplyError('apt-get could not install nginx.', {
      host: 'web1', task: 'Install nginx', resource: 'package[nginx]', command: 'apt-get install nginx', exitCode: 100,
      stderr: 'E: Unable to locate package nginx\nE: done\n', hint: 'Set updateCache: true.',
    })
    expect(formatError(error)).to.equal([
      'web1 "Install nginx" package[nginx]: apt-get could not install nginx.',
      '  Command: apt-get install nginx',
      '  Exit status: 100',
      '  Set updateCache: true.',
      '  The host said:',
      '    E: Unable to locate package nginx',
      '    E: done',
    ].join('\n'))
  })

  it('list every issue, one a line', () => {
    const error = new ArgumentError('apt', [
      { argument: 'packages', message: 'was given 7; a list of names is allowed.' },
      { argument: '', message: 'state is missing.' },
    ])
    expect(formatError(error)).to.equal('The arguments of apt are wrong.\n  packages: was given 7; a list of names is allowed.\n  state is missing.')
  })

  it('name file, line and column of each place in an inventory', () => {
    const first = { file: 'prod.yml', line: 3, column: 5, message: 'No address.' }
    expect(formatError(new InventoryError([first]))).to.equal('prod.yml:3:5: No address.')
    const both = new InventoryError([first, { file: 'prod.ts', message: 'No default export.' }])
    expect(formatError(both)).to.equal('The inventory is wrong in 2 places.\n  prod.yml:3:5: No address.\n  prod.ts: No default export.')
    expect([both.file, both.line, both.column]).to.deep.equal(['prod.yml', 3, 5])
  })

  it('never show a secret', () => {
    const password = secret('errors-spec-password')
    const error = new ApplyError(`psql said ${password.reveal()}`, { stderr: password.reveal(), command: password.reveal(), hint: password.reveal() })
    expect(formatError(error)).to.not.include(password.reveal())
    expect(formatError(new Error(password.reveal()))).to.not.include(password.reveal())
  })

  it('show a stack only for a defect, and the cause of what is foreseen', () => {
    expect(formatError(new UsageError('x', { cause: new Error('because') }))).to.equal('x\n  Cause: because')
    expect(formatError(new TypeError('broken'))).to.match(/^TypeError: broken\n {4}at /)
    expect(formatError('thrown text')).to.equal('thrown text')
  })
})
