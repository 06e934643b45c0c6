import { parse } from 'yaml'
import { z } from 'zod'
import { cell, covers, readProjectFile, row, specLink, wrap } from './spec-titles.ts'

const schema = z.record(z.string(), z.strictObject({ rule: z.string(), left: z.string().optional() }))

/** docs/faults.md as it should be, and what is wrong with the coverage that it states. */
export function faults(): { text: string; problems: string[] } {
  const list = Object.entries(schema.parse(parse(readProjectFile('docs/faults.yml'))))
  const held = covers().flatMap(({ file, title, ids }) => ids.filter(id => id.startsWith('fault ')).map(id => ({ number: id.slice('fault '.length), file, title })))
  const of = (number: string) => held.filter(spec => spec.number === number)
  const numbers = list.map(([number]) => number)
  const problems = [
    ...held.filter(({ number }) => !numbers.includes(number)).map(({ number, file, title }) => `${file}: docs/faults.yml has no fault ${number}: ${title}`),
    ...list.filter(([number, { left }]) => of(number).length === 0 && left === undefined).map(([number]) => `No spec covers fault ${number}, and docs/faults.yml does not say why.`),
  ]
  const text = [
    '<!-- Made from docs/faults.yml and the titles of the specs by: npx tsx docs/make-faults.ts -->',
    '# Faults that were found, and the specs that cover their fixes', '',
    wrap('stead was tried as a new user, an operator and an attacker would try it. What was wrong then is listed here as the rule that holds now, each with the specs that would fail without the fix. Their titles start with its number: `[fault 39]`.'), '',
    ...list.flatMap(([number, { rule, left }]) => [
      `## Fault ${number}`, '', wrap(rule), '',
      ...of(number).length ? [row('what a spec says', 'where'), row('---', '---'), ...of(number).map(({ title, file }) => row(cell(title), specLink(file))), ''] : [],
      ...left === undefined ? [] : [wrap(`Left out: ${left}`), ''],
    ]),
  ].join('\n')
  return { text, problems }
}
