/**
 * The encodings of a PostgreSQL server, by the names that it prints. Source: PostgreSQL
 * documentation, 24.3.1 Supported Character Sets.
 */
export const encodings = [
  'SQL_ASCII', 'EUC_JP', 'EUC_CN', 'EUC_KR', 'EUC_TW', 'EUC_JIS_2004', 'UTF8', 'MULE_INTERNAL', 'LATIN1', 'LATIN2', 'LATIN3', 'LATIN4',
  'LATIN5', 'LATIN6', 'LATIN7', 'LATIN8', 'LATIN9', 'LATIN10', 'WIN1256', 'WIN1258', 'WIN866', 'WIN874', 'KOI8R', 'WIN1251', 'WIN1252',
  'ISO_8859_5', 'ISO_8859_6', 'ISO_8859_7', 'ISO_8859_8', 'WIN1250', 'WIN1253', 'WIN1254', 'WIN1255', 'WIN1257', 'KOI8U',
] as const

/**
 * Aliases, in lower case and without punctuation, which the server ignores in names of encodings.
 */
const aliases: Readonly<Record<string, string>> = {
  unicode: 'UTF8', alt: 'WIN866', koi8: 'KOI8R', tcvn: 'WIN1258', tcvn5712: 'WIN1258', vscii: 'WIN1258', abc: 'WIN1258', win: 'WIN1251',
  iso88591: 'LATIN1', iso88592: 'LATIN2', iso88593: 'LATIN3', iso88594: 'LATIN4', iso88599: 'LATIN5', iso885910: 'LATIN6',
  iso885913: 'LATIN7', iso885914: 'LATIN8', iso885915: 'LATIN9', iso885916: 'LATIN10',
}

/**
 * The canonical name of an encoding, however it is spelt; undefined if PostgreSQL has no such
 * encoding for a database.
 *
 * @example encodingName('utf-8') // 'UTF8'
 */
export function encodingName(given: string): string | undefined {
  const plain = given.toLowerCase().replace(/[^a-z0-9]/g, '').replace(/^windows(?=\d)/, 'win')
  return aliases[plain] ?? encodings.find(name => name.toLowerCase().replaceAll('_', '') === plain)
}
