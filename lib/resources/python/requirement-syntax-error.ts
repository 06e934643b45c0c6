import { PlaybookError } from '../../errors.ts'

/**
 * An invalid requirement or version specifier.
 *
 * @example throw new RequirementSyntaxError('jinja2>>3', 7, 'a version')
 */
export class RequirementSyntaxError extends PlaybookError {
  /** @param at where the text stops making sense, counted from 0. */
  constructor(text: string, at: number, expected: string) {
    const rest = text.slice(at, at + 20)
    super(`The requirement ${JSON.stringify(text)} has ${rest === '' ? 'its end' : JSON.stringify(rest)} where ${expected} is expected.`, {
      hint: 'Write it as for pip, like jinja2>=3.1,<4 or matrix-synapse[postgres]==1.2.3 (PEP 508).',
    })
  }
}
