import { SteadError } from '../errors.ts'
import { redact } from '../secret/redact.ts'

function indent(text: string, by: string): string[] {
  return text.trimEnd().split('\n').map(line => (by + line).trimEnd())
}

/**
 * An error as a person reads it, without any secret: one line of identity and message; below it the rest of the message, the command,
 * the hint and the host's standard error. A stack is shown only for what is no {@link SteadError}: that is a defect, of stead or of a playbook.
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
