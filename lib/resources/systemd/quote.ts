/**
 * Quoting for unit files of systemd. Sources: systemd.syntax(7), systemd.service(5) "Command
 * lines", systemd.exec(5) "Environment", systemd.unit(5) "Specifiers".
 */

function refuseNul(text: string): void {
  if (text.includes('\0')) throw new RangeError(`A unit file cannot contain a NUL byte: ${JSON.stringify(text)}.`)
}

/**
 * In double quotes, with C escapes for anything that would end the quotes or the line; `%` is
 * doubled, so that it does not start a specifier.
 */
function quoted(text: string): string {
  refuseNul(text)
  const escaped = text.replace(/["\\]/g, '\\$&').replace(/[\u0001-\u001f\u007f]/g, character => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
  return `"${escaped.replaceAll('%', '%%')}"`
}

/**
 * Quotes a command line for ExecStart=: every argument reaches the program unchanged, without
 * variables or specifiers being expanded. The first word is the path of the program.
 *
 * @throws RangeError for a NUL byte, or a program name that systemd does not accept.
 * @example systemdCommand(['/bin/echo', '100 %', '$HOME']) // '/bin/echo "100 %%" "$$HOME"'
 */
export function systemdCommand([program = '', ...words]: readonly string[]): string {
  if (!/^\/[A-Za-z0-9_./+-]+$/.test(program)) throw new RangeError(`The program of a unit must be an absolute path of letters, digits and _ . / + -: ${JSON.stringify(program)}.`)
  return [program, ...words.map(word => (/^[A-Za-z0-9_./:=,@+-]+$/.test(word) ? word : quoted(word).replaceAll('$', '$$$$')))].join(' ')
}

/**
 * Quotes variables for Environment=.
 *
 * @throws RangeError for an invalid name, a NUL byte, or a control character other than tab and
 * newline, which systemd does not allow.
 * @example systemdEnvironment({ LANG: 'C', GREETING: 'say "hi"' }) // '"LANG=C" "GREETING=say \\"hi\\""'
 */
export function systemdEnvironment(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables).map(([name, value]) => {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new RangeError(`${JSON.stringify(name)} is not a valid variable name.`)
    if (/[\u0001-\u0008\u000b-\u001f\u007f]/.test(value)) throw new RangeError(`systemd does not allow control characters in a variable: ${JSON.stringify(value)}.`)
    return quoted(`${name}=${value}`)
  }).join(' ')
}
