import type { z } from 'zod'

/**
 * Entries of a list that contradict an earlier entry about the same thing: which of the two wins
 * would be a matter of chance. Identical entries are allowed. Returns the index of each, and what
 * is wrong, for `context.addIssue`.
 *
 * @param what the kind of thing, for the message.
 * @param identity what an entry is about.
 * @param says everything that it says, as text.
 * @example contradictions(['a=1', 'b=1', 'a=2'], 'name', entry => entry.charAt(0), entry => entry).map(({ index }) => index) // [2]
 */
export function contradictions<Entry>(entries: readonly Entry[], what: string, identity: (entry: Entry) => string, says: (entry: Entry) => string): { index: number; message: string }[] {
  const first = new Map<string, number>()
  return entries.flatMap((entry, index) => {
    const id = identity(entry)
    const earlier = first.get(id) ?? index
    first.set(id, earlier)
    const before = entries[earlier]
    return before === undefined || says(before) === says(entry) ? [] : [{ index, message: `contradicts entry ${earlier} (counted from 0), which is about the same ${what}: keep one of the two` }]
  })
}

/**
 * Refuses a list with {@link contradictions}, for `superRefine` of its schema.
 *
 * @example z.array(z.string()).superRefine(saidOnce('name', entry => entry.charAt(0), entry => entry)).safeParse(['a=1', 'a=2']).success // false
 */
export function saidOnce<Entry>(what: string, identity: (entry: Entry) => string, says: (entry: Entry) => string): (entries: readonly Entry[], context: z.RefinementCtx) => void {
  return (entries, context) => {
    for (const { index, message } of contradictions(entries, what, identity, says)) context.addIssue({ code: 'custom', path: [index], message })
  }
}

/**
 * Refuses a record that contains one name in two spellings, for `superRefine` of its schema.
 *
 * @example z.record(z.string(), z.number()).superRefine(namedOnce('option', option => option.toLowerCase())).safeParse({ Port: 1, port: 2 }).success // false
 */
export function namedOnce(what: string, identity: (name: string) => string): (record: Readonly<Record<string, unknown>>, context: z.RefinementCtx) => void {
  return (record, context) => {
    const names = Object.keys(record)
    for (const { index } of contradictions(names, what, identity, name => name)) context.addIssue({ code: 'custom', path: [names[index] ?? ''], message: `is here in two spellings, which are the same ${what}: keep one of the two` })
  }
}
