/**
 * The normalized name of a distribution or an extra: lower case, runs of `-`, `_` and `.` as one
 * dash (PEP 503, PEP 685).
 *
 * @example normalizeName('Jinja2_Time..Ext') // 'jinja2-time-ext'
 */
export function normalizeName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-')
}
