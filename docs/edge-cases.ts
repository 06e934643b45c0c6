import { parse } from 'yaml'
import { z } from 'zod'
import { cell, covers as allCovers, readProjectFile, row, specLink, wrap, type Cover } from './spec-titles.ts'

/** Id → the reason why it is left out. */
const reasons = z.record(z.string(), z.string())

/** docs/edge-cases.md as it should be, and what is wrong with the coverage that it states. */
export function edgeCases(): { text: string; problems: string[] } {
  const sections = z.record(z.string(), z.array(z.int())).parse(parse(readProjectFile('docs/edge-cases-ids.yml')))
  const { whole: leftOut, parts } = z.strictObject({ whole: reasons, parts: reasons }).parse(parse(readProjectFile('docs/edge-cases-left-out.yml')))
  const covers = allCovers().map(cover => ({ ...cover, ids: cover.ids.filter(id => !id.startsWith('fault ')) })).filter(({ ids }) => ids.length > 0)
  const all = Object.entries(sections).flatMap(([section, numbers]) => numbers.map(number => `${section} ${number}`))
  const covered = new Set(covers.flatMap(({ ids }) => ids))
  const word = `(?:${Object.keys(sections).join('|')})`
  const problems = [
    ...covers.filter(({ ids }) => ids.some(id => !all.includes(id))).map(({ file, title }) => `${file}: ids are written [apt 13, apt 15], with the words and numbers of docs/edge-cases-ids.yml: ${title}`),
    ...covers.filter(({ title }) => new RegExp(`\\[${word} \\d`).test(title)).map(({ file, title }) => `${file}: ids stand in one bracket at the beginning: ${title}`),
    ...all.filter(id => !covered.has(id) && leftOut[id] === undefined).map(id => `${id} is neither in the title of a spec nor in docs/edge-cases-left-out.yml.`),
    ...all.filter(id => covered.has(id) && leftOut[id] !== undefined).map(id => `${id} is in docs/edge-cases-left-out.yml, and in the title of a spec too.`),
    ...Object.keys({ ...leftOut, ...parts }).filter(id => !all.includes(id)).map(id => `${id} in docs/edge-cases-left-out.yml is not in docs/edge-cases-ids.yml.`),
    ...Object.keys(parts).filter(id => !covered.has(id)).map(id => `Of ${id} docs/edge-cases-left-out.yml leaves out a part, but no spec covers the rest.`),
  ]
  return { text: render(sections, covers, { leftOut, parts }), problems }
}

function render(sections: Record<string, number[]>, covers: readonly Cover[], { leftOut, parts }: { leftOut: Record<string, string>; parts: Record<string, string> }): string {
  const of = (id: string) => covers.filter(({ ids }) => ids.includes(id))
  const counts = Object.entries(sections).map(([section, numbers]) => ({ section, all: numbers.length, covered: numbers.filter(number => of(`${section} ${number}`).length > 0).length }))
  const sum = (field: 'all' | 'covered') => counts.reduce((total, count) => total + count[field], 0)
  return [
    '<!-- Made from the titles of the specs by: npx tsx docs/make-edge-cases.ts -->',
    '# Edge cases, and the specs that cover them', '',
    wrap('The tests and sources of other tools (Ansible, its PostgreSQL collection, pyinfra) know many cases in which a module that looks right is wrong. They were collected by subject, under numbers with gaps. A spec that covers one has its id at the start of its title: `[apt 13]`. Here they are by subject, in the words of the specs. What is left out, and why, is at the end.'), '',
    row('subject', 'edge cases', 'covered', 'left out'), row('---', '--:', '--:', '--:'),
    ...counts.map(({ section, all, covered }) => row(section, all, covered, all - covered)),
    row('**all**', `**${sum('all')}**`, `**${sum('covered')}**`, `**${sum('all') - sum('covered')}**`), '',
    ...Object.entries(sections).flatMap(([section, numbers]) => [
      `## ${section}`, '', row('id', 'what a spec says', 'where'), row('---', '---', '---'),
      ...numbers.flatMap(number => of(`${section} ${number}`).map(({ title, file }) => row(`${section} ${number}`, cell(title), specLink(file)))), '',
    ]),
    '## Left out', '', row('id', 'why'), row('---', '---'),
    ...Object.entries(leftOut).map(([id, reason]) => row(id, cell(reason))), '',
    '## Left out in part', '', row('id', 'what, and why'), row('---', '---'),
    ...Object.entries(parts).map(([id, reason]) => row(id, cell(reason))), '',
  ].join('\n')
}
