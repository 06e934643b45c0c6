import { z } from 'zod'

/**
 * A file mode as a string of octal digits. A number is a type error, since 644 is not 0o644.
 * @example fileMode.parse('640') // '0640'
 */
export const fileMode = z
  .string('must be a string of octal digits, as in \'0640\' (a number would be read as decimal)')
  .regex(/^[0-7]{3,4}$/, 'must be three or four octal digits, as in \'0640\'')
  .transform(mode => mode.padStart(4, '0'))

const symbolic = /^([ugoa]*([-+=]([rwxXst]+|[ugo])?)+)(,[ugoa]*([-+=]([rwxXst]+|[ugo])?)+)*$/

/**
 * A file mode in octal digits, or as a change of the current mode.
 * @example fileModeChange.parse('u+x,go-w') // 'u+x,go-w'
 */
export const fileModeChange = z
  .string('must be a string of octal digits, as in \'0640\' (a number would be read as decimal), or symbolic, as in \'u=rw,g+r\'')
  .refine(mode => /^[0-7]{3,4}$/.test(mode) || symbolic.test(mode), 'must be three or four octal digits, as in \'0640\', or symbolic, as in \'u=rw,g+r\' (chmod(1))')
  .transform(mode => (/^[0-7]+$/.test(mode) ? mode.padStart(4, '0') : mode))

const anyPath = z
  .string('must be an absolute path, as in \'/etc/motd\'')
  .refine(path => path.startsWith('/') && !path.includes('\0') && !path.split('/').some(part => part === '.' || part === '..'), 'must be an absolute path without . and .., as in \'/etc/motd\'')

/**
 * An absolute path without `.`, `..` or NUL. Double slashes and one at the end are removed.
 * @example absolutePath.parse('/srv//data/') // '/srv/data'
 */
export const absolutePath = anyPath.transform(path => path.replace(/\/+/g, '/').replace(/(.)\/$/, '$1'))

/**
 * The path of something that is not a directory: {@link absolutePath}, but a slash at the end is an
 * error.
 * @example filePath.safeParse('/srv/data/').success // false
 */
export const filePath = anyPath
  .refine(path => !path.endsWith('/'), 'must be the path of a file: a slash at the end means a directory')
  .refine(path => !/^\/+(proc|sys)\//.test(path), 'must not be below /proc or /sys, where the kernel shows its own state and files cannot be created: use sysctl for kernel parameters, command for anything else')
  .pipe(absolutePath)

/**
 * The name of an entry in a directory, which never points outside: not empty, `.` or `..`, no slash
 * or control character, at most 255 bytes. Every argument that is joined to a path is one of these
 * or a {@link plainName}.
 * @example nameBelow.safeParse('..').success // false
 */
export const nameBelow = z
  .string('must be a name')
  .refine(one => !['', '.', '..'].includes(one) && !/[/\u0000-\u001f\u007f]/.test(one) && Buffer.byteLength(one) <= 255, 'must be the name of an entry in a directory: not . or .., no slash, no control character, at most 255 bytes')

/**
 * {@link nameBelow} for files that programs find by patterns: letters, digits, `_`, `.` and `-`,
 * starting with a letter, a digit or `_`, since most programs ignore a file that starts with a dot.
 * @example plainName.parse('my-site') // 'my-site'
 */
export const plainName = z
  .string('must be a name')
  .regex(/^\w[\w.-]*$/, 'must be a name of letters, digits, _, . and - that starts with a letter, a digit or _')
  .max(200, 'must be at most 200 characters long')

/**
 * The name of a user or group, as accepted by useradd(8), or a number.
 *
 * @example name.parse('www-data') // 'www-data'
 */
export const name = z.string('must be a name').regex(/^[A-Za-z0-9_][A-Za-z0-9_. -]*\$?$/, 'must be the name of a user or group')

/**
 * Whether a URL contains a user or a password, which do not belong in a command line or a file that
 * everybody can read.
 *
 * @example hasPassword('https://ada:x@example.org/') // true
 */
export function hasPassword(url: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*@/i.test(url)
}

/**
 * A TCP port.
 *
 * @example port.safeParse(0).success // false
 */
export const port = z.int('must be a port number').min(1, 'must be 1 to 65535').max(65535, 'must be 1 to 65535')

const suffixes = /\.(service|socket|timer|target|path|mount|automount|swap|slice|scope)$/

/**
 * The name of a systemd unit; without a suffix it is a service.
 * @example unitName.parse('nginx') // 'nginx.service'
 */
export const unitName = z
  .string('must be the name of a unit')
  .regex(/^[A-Za-z0-9:_\\@-][A-Za-z0-9:_.\\@-]*$/, 'must be the name of one unit; patterns are not allowed')
  .max(200, 'must be at most 200 characters long')
  .transform(given => (suffixes.test(given) ? given : `${given}.service`))

/**
 * Owner, group and mode, which many modules take. Omitted ones stay as they are.
 *
 * @example z.strictObject(attributeArguments).parse({ owner: 'root', mode: '640' }) // { owner: 'root', mode: '0640' }
 */
export const attributeArguments = {
  /** User who owns it. @default as it is, root for a new one */
  owner: name.optional(),
  /**
   * Group.
   * @default as it is, root for a new one, or the group of its directory if that is setgid
   */
  group: name.optional(),
  /** Mode as a string. @default as it is, 0644 for a new file */
  mode: fileMode.optional(),
}

/**
 * {@link attributeArguments} for modules that write single files, which also take a symbolic mode.
 *
 * @example z.strictObject(fileAttributeArguments).parse({ mode: 'u+x' }) // { mode: 'u+x' }
 */
export const fileAttributeArguments = {
  ...attributeArguments,
  /**
   * Octal, or symbolic as in chmod(1), applied to the current mode.
   * @default as it is, 0644 for a new file
   */
  mode: fileModeChange.optional(),
}

/**
 * A command that must accept the new content of a file before it goes live.
 *
 * @example validateArgument.parse(['visudo', '-cf', '%s']) // ['visudo', '-cf', '%s']
 */
export const validateArgument = z.array(z.string(), 'must be a list of words, as in [\'visudo\', \'-cf\', \'%s\']')
  .refine(words => words.some(word => word.includes('%s')), 'must contain \'%s\', which stands for the new file').optional()
