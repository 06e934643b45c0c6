/**
 * A parameter of an nginx directive, in double quotes. Source: nginx, ngx_conf_file.c
 * (ngx_conf_read_token).
 *
 * nginx cannot escape a `$` in a directive that takes variables, so a `$` is refused unless
 * `variables` says that it is intended, or that the directive does not take variables.
 *
 * @throws RangeError for a NUL byte, or for a `$` without `variables`.
 * @example nginxString('say "hi" \\o/') // '"say \\"hi\\" \\\\o/"'
 */
export function nginxString(text: string, { variables = false } = {}): string {
  if (text.includes('\0')) throw new RangeError(`An nginx configuration cannot contain a NUL byte: ${JSON.stringify(text)}.`)
  if (text.includes('$') && !variables) throw new RangeError(`nginx takes what follows a $ as a variable: ${JSON.stringify(text)}.`)
  return `"${text.replace(/["\\]/g, '\\$&').replaceAll('\r', '\\r')}"`
}
