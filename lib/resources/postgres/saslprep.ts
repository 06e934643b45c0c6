/**
 * Prepares a password for SCRAM as the PostgreSQL server does: SASLprep (RFC 4013), or if that
 * refuses the text, the text as it is. Unlike the RFC, the server looks for prohibited, unassigned
 * and bidirectional characters after mapping and before normalising; a verifier made in another way
 * would let nobody in.
 *
 * @example await prepared('I\u00ADX') // 'IX'
 */
export async function prepared(password: string): Promise<string> {
  if (/^[\0-\x7f]*$/.test(password)) return password
  // Loaded only when needed: the tables are large, and most passwords are ASCII.
  const { default: tables } = await import('saslprep/lib/memory-code-points.js')
  const mapped = Array.from(password, character => character.codePointAt(0) ?? 0)
    .map(code => (tables.non_ASCII_space_characters.get(code) ? 0x20 : code))
    .filter(code => !tables.commonly_mapped_to_nothing.get(code))
  const [first] = mapped
  const last = mapped.at(-1)
  if (first === undefined || last === undefined) return password
  if (mapped.some(code => tables.prohibited_characters.get(code) || tables.unassigned_code_points.get(code))) return password
  const rightToLeft = (code: number) => tables.bidirectional_r_al.get(code)
  if (mapped.some(rightToLeft) && (mapped.some(code => tables.bidirectional_l.get(code)) || !rightToLeft(first) || !rightToLeft(last))) return password
  return mapped.map(code => String.fromCodePoint(code)).join('').normalize('NFKC')
}
