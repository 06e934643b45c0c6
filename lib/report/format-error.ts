import { SteadError } from '../errors.ts'
import { redact } from '../secret/redact.ts'

function indent(text: string, by: string): string[] {
  return text.trimEnd().split('\n').map(line => (by + line).trimEnd())
}

/**
 * An error for people, without secrets: a line with identity and message, then the rest of the
 * message, the command, the hint and the host's standard error. Only errors other than
 * {@link SteadError} show a stack: they are bugs, in stead or in a playbook.
 *
 * @example formatError(new ReadError('stat failed.', { host: 'web1', task: 'Greet' })) // 'web1 "Greet": stat failed.'
 */
export function formatError(error: unknown): string {
  if (!(error instanceof SteadError)) return redact(error instanceof Error ? (error.stack ?? error.message) : String(error))
  const [first = '', ...rest] = error.message.split('\n')
  const identity = [error.host, error.task === undefined ? undefined : JSON.stringify(error.task), error.resource].filter(part => part).join(' ')
  const lines = [identity === '' ? first : `${identity}: ${first}`, ...rest.map(line => `  ${line}`)]
  if (error.command !== undefined) lines.push(...indent(`Command: ${error.command}`, '  '))
  if (error.exitCode !== undefined) lines.push(`  Exit status: ${error.exitCode}`)
  if (error.cause instanceof Error) lines.push(...indent(`Cause: ${error.cause.message}`, '  '))
  if (error.hint !== undefined) lines.push(...indent(error.hint, '  '))
  if (error.stderr !== undefined && error.stderr.trim() !== '') lines.push('  The host said:', ...indent(error.stderr, '    '))
  return redact(lines.join('\n'))
}
