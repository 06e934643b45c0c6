/**
 * A parameter of a directive of nginx, between double quotes. Source: nginx, ngx_conf_file.c (ngx_conf_read_token).
 *
 * nginx has no way to write a `$` in a directive that takes variables; so one is refused unless `variables` says that it is meant so, or that
 * the directive takes none.
 *
 * @throws RangeError for a NUL byte, or a `$` that was not announced.
 * @example nginxString('say "hi" \\o/') // '"say \\"hi\\" \\\\o/"'
 */
export function nginxString(text: string, { variables = false } = {}): string {
  if (text.includes('\0')) throw new RangeError(`A configuration of nginx cannot hold a NUL byte: ${JSON.stringify(text)}.`)
  if (text.includes('$') && !variables) throw new RangeError(`nginx takes what follows a $ for a variable: ${JSON.stringify(text)}.`)
  return `"${text.replace(/["\\]/g, '\\$&').replaceAll('\r', '\\r')}"`
}
