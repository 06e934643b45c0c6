import type { Content } from '../../state/content.ts'

/**
 * crypt(5): `$id$…` with a hash of the length that its method has, an old DES hash, or one of the
 * marks for "no password".
 */
const hash = /^(\*|!|\$y\$[^:\s]+\$[^$:\s]{43}|\$gy\$[^:\s]+\$[^$:\s]{43}|\$7\$[^:\s]+\$[^$:\s]{43}|\$6\$[^:\s]+\$[./A-Za-z0-9]{86}|\$5\$[^:\s]+\$[./A-Za-z0-9]{43}|\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}|\$1\$[^:\s]+\$[./A-Za-z0-9]{22}|[./A-Za-z0-9]{13})$/

/**
 * Whether text is what the password field of shadow(5) may contain, rather than a password.
 *
 * @example isPasswordHash('open sesame') // false
 */
export function isPasswordHash(text: string): boolean {
  return hash.test(text)
}

/** Whether the field is empty or '*': no hash is that short. */
function hasNoHash({ size }: Content): boolean {
  return size <= 1
}

/**
 * Whether the password is to be locked; undefined: as it is. A lock stays where it disables a hash.
 * For a user without a hash it only marks that, and '!' is such a lock itself.
 *
 * @param hashed the new content of the field, without a lock; undefined: it stays.
 */
export function lockWanted(requested: boolean | undefined, current: { locked?: boolean; password: Content } | null, hashed: Content | undefined): boolean | undefined {
  if (hashed?.size === 0) return true
  if (requested !== undefined) return requested
  return hashed && current?.locked && (hasNoHash(current.password) || hasNoHash(hashed)) ? false : undefined
}
