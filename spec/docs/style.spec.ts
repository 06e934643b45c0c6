import { expect } from 'chai'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { project } from '../helpers/docstrings.ts'
import { documentProse, proseOf, type Prose } from '../helpers/prose.ts'

/** The forms that docs/style.md bans, each as a word or words between bars in the first column of its table. */
const guide = readFileSync(path.join(project, 'docs/style.md'), 'utf8')
const banned = [...guide.matchAll(/^\| "([^"]+)" \|/gm)].map(([, form = '']) => form)

/** `X` stands for any word; "there is no such file" and "no longer" are plain English. */
const pattern = (form: string) => new RegExp(`(?<!\\bthere )\\b${form.replace('X', '(?!longer)[a-z]+')}(?!\\w)`, 'i')

/** Where a banned form occurs in a piece of prose, other than in code that it quotes. */
function stumbles({ file, line, text }: Prose): string[] {
  const plain = (text.startsWith('`') ? text : text.replace(/`[^`]*`/g, '')).replace(/\s+(?:\* )?/g, ' ')
  return banned.filter(form => pattern(form).test(plain)).map(form => `${file}:${line}: "${form}" in: ${text.slice(0, 120)}`)
}

const filesBelow = (folder: string, ending: string) => readdirSync(path.join(project, folder), { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith(ending)).map(file => `${folder}/${file}`)
const sources = ['lib', 'modules', 'playbooks', 'lab', 'mutation', 'bench', 'docs'].flatMap(folder => filesBelow(folder, '.ts'))
/** All except the guide itself. */
const documents = ['README.md', ...filesBelow('docs', '.md').filter(file => !file.endsWith('/style.md'))]

describe('Prose', () => {
  it('uses none of the forms that docs/style.md bans, in messages and docstrings', () => {
    expect(sources.flatMap(file => proseOf(path.join(project, file)).flatMap(stumbles))).to.deep.equal([])
  })

  it('uses none of them in the documents', () => {
    expect(documents.flatMap(file => documentProse(path.join(project, file)).flatMap(stumbles))).to.deep.equal([])
  })

  it('is at most 100 columns wide in documents, apart from tables and code', () => {
    const wide = documents.flatMap(file => documentProse(path.join(project, file))).filter(({ text }) => text.length > 100 && !text.startsWith('|'))
    expect(wide.map(({ file, line }) => `${file}:${line}`)).to.deep.equal([])
  })

  it('is recognised where it stumbles: in a message, a docstring across lines, and a document', () => {
    expect(banned).to.have.length.above(20)
    expect(stumbles({ file: 'a.ts', line: 1, text: '} is no directory.`' })).to.have.length(1)
    expect(stumbles({ file: 'a.ts', line: 1, text: "'the answer is no list'" })).to.have.length(1)
    expect(stumbles({ file: 'a.ts', line: 1, text: '/**\n * Numbers are parted\n * by blanks.\n */' })).to.have.length(1)
    expect(stumbles({ file: 'a.md', line: 1, text: 'There is no password prompt; it is no longer needed.' })).to.deep.equal([])
  })
})
