/**
 * The canonical spelling of a locale of the C library, which ignores case and punctuation in the
 * character set, and takes POSIX as C. Source: locale(7), setlocale(3).
 *
 * @example localeName('en_US.UTF-8') // 'en_US.utf8'
 */
export function localeName(given: string): string {
  if (given === 'POSIX') return 'C'
  const [, language = given, charset, modifier = ''] = /^([^.@]*)(?:\.([^@]*))?(@.*)?$/.exec(given) ?? []
  return charset === undefined ? given : `${language}.${charset.toLowerCase().replace(/[^a-z0-9]/g, '')}${modifier}`
}

/**
 * The canonical spelling of an ICU locale: a language tag, as later versions of PostgreSQL store
 * it. Anything that is not a language tag stays as it is. Source: PostgreSQL documentation, 24.1.5
 * ICU Locales.
 *
 * @example icuLocaleName('es_ES') // 'es-ES'
 */
export function icuLocaleName(given: string): string {
  try {
    return Intl.getCanonicalLocales(given.replaceAll('_', '-'))[0] ?? given
  } catch (error) {
    if (error instanceof RangeError) return given
    throw error
  }
}
