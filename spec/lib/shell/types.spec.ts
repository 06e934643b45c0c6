import path from 'node:path'
import { expect } from 'chai'
import ts from 'typescript'

const root = path.join(import.meta.dirname, '..', '..', '..')

const preamble = `
import { z } from 'zod'
import { playbook, type Play } from '../../../lib/index.ts'
import { fileResource } from '../../../lib/resources/files/file.ts'
import { Content, defineModule, defineResource, want, type Made, type SideEffect } from '../../../lib/resource.ts'
import { apply, read, ApplyScript, ReadScript } from '../../../lib/shell/script.ts'
import { ReadSession, Session } from '../../../lib/shell/session.ts'
import { file } from '../../../modules/file.ts'
import { apt } from '../../../modules/apt.ts'
import { systemd } from '../../../modules/systemd.ts'
import { onionService } from '../../../modules/onion-service.ts'
declare const reader: ReadSession, writer: Session, play: Play, made: Made, side: SideEffect
export const used = [z, playbook, Content, defineModule, want, fileResource, apply, read, ApplyScript, ReadScript, file, apt, systemd, onionService, defineResource, reader, writer, play, made, side]
`

/** What a compiler takes, so that a refusal below is one of what it is about. */
const taken: Record<string, string> = {
  'reading with a session that only reads': 'export const x = reader.read([{ script: read`id` }])',
  'applying with a session that writes': 'export const x = writer.apply([{ script: apply`id` }, { script: read`id` }])',
  'a read piece in an apply script': 'export const x = apply`${read`id`}`',
  'a mode that is text': `export const x = file({ path: '/etc/motd', mode: '0644', content: 'x' })`,
  'the output of one task in another': `const onion = play.task('a', onionService({ name: 'x', ports: { 80: '127.0.0.1:1' } })); play.task('b', async () => file({ path: '/x', content: (await onion).hostname }))`,
  'a resource of a kind of its own, which names itself': `const dataset = defineResource<string, { on: string }, { on: string }>({ kind: 'dataset', schema: z.strictObject({ on: z.string() }), identify: key => key, read: () => ({ script: read\`:\`, parse: () => [] }), apply: () => ({ script: apply\`:\` }) }); export const x: SideEffect = { kind: dataset.kind, identity: '/srv' }; export const y = made.kind === dataset.kind`,
  'a desired state of a resource': `export const x = want(fileResource, { path: '/x' }, { type: 'file', mode: '0644' })`,
}

/** What it must not take. */
const refused: Record<string, { code: string; because: RegExp }> = {
  'applying with a session that only reads': { code: 'export const x = reader.apply([{ script: apply`id` }])', because: /Property 'apply' does not exist on type 'ReadSession'/ },
  'an apply script given to a session that only reads': { code: 'export const x = reader.read([{ script: apply`id` }])', because: /ApplyScript/ },
  'an apply script given to the read of a session that writes': { code: 'export const x = writer.read([{ script: apply`id` }])', because: /ApplyScript/ },
  'an apply piece in a read script': { code: 'export const x = read`${apply`id`}`', because: /ApplyScript/ },
  'a script that is only text': { code: `export const x = reader.read([{ script: { text: 'id', reads: true } }])`, because: /#reads/ },
  'a frame of a session from outside': { code: 'export const x = reader.frame([{ script: apply`id` }])', because: /protected/ },
  'undefined in a script': { code: 'export const x = (word?: string) => read`ls ${word}`', because: /undefined/ },
  'a mode that is a number': { code: `export const x = file({ path: '/etc/motd', mode: 644 })`, because: /Type 'number' is not assignable to type 'string/ },
  'an argument that the module does not have': { code: `export const x = file({ path: '/etc/motd', contents: 'x' })`, because: /'contents' does not exist/ },
  'a missing argument': { code: 'export const x = file({ mode: \'0644\' })', because: /'path' is missing/ },
  'an argument of the wrong type': { code: `export const x = apt({ packages: 'nginx' })`, because: /Type 'string' is not assignable to type 'string\[\]'/ },
  'a state that there is not': { code: `export const x = systemd({ unit: 'nginx', state: 'running' })`, because: /"running"/ },
  'an output that the task does not have': {
    code: `const onion = play.task('a', onionService({ name: 'x', ports: { 80: '127.0.0.1:1' } })); play.task('b', async () => file({ path: '/x', content: (await onion).address }))`,
    because: /'address' does not exist/,
  },
  'a side effect on a kind of resource that there is not': { code: `export const x: SideEffect = { kind: 'flie', identity: '/x' }`, because: /Type '"flie"' is not assignable/ },
  'a comparison with a kind of resource that there is not': { code: `export const x = made.kind === 'flie'`, because: /no overlap/ },
  'a field that the resource does not have': { code: `export const x = want(fileResource, { path: '/x' }, { type: 'socket' })`, because: /"socket"/ },
  'a module in the place of a handler': { code: `play.task('a', apt({ packages: [] }), { notify: systemd({ unit: 'x' }) })`, because: /Handler/ },
  'a variable that the playbook does not declare': {
    code: `export const x = playbook({ name: 'x', hosts: 'x', vars: z.object({ greeting: z.string() }), tasks({ vars }) { return vars.greting } })`,
    because: /'greting'|greeting/,
  },
}

/** Compiles sources beside this file, as the project is compiled, and gives what the compiler says of each. */
function compile(sources: ReadonlyMap<string, string>): Map<string, string[]> {
  const config = ts.getParsedCommandLineOfConfigFile(path.join(root, 'tsconfig.json'), {}, { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined })
  if (!config) throw new Error('tsconfig.json cannot be read')
  const host = ts.createCompilerHost(config.options)
  const files = new Map([...sources].map(([name, source]) => [path.join(import.meta.dirname, `${name}.virtual.ts`), preamble + source]))
  const names = new Map([...sources.keys()].map(name => [path.join(import.meta.dirname, `${name}.virtual.ts`), name]))
  const [exists, readFile, getSourceFile] = [host.fileExists.bind(host), host.readFile.bind(host), host.getSourceFile.bind(host)]
  host.fileExists = file => files.has(file) || exists(file)
  host.readFile = file => files.get(file) ?? readFile(file)
  host.getSourceFile = (file, ...rest) => {
    const source = files.get(file)
    return source === undefined ? getSourceFile(file, ...rest) : ts.createSourceFile(file, source, config.options.target ?? ts.ScriptTarget.ES2023, true)
  }
  const program = ts.createProgram([...files.keys()], { ...config.options, noUnusedLocals: false }, host)
  return new Map([...names].map(([file, name]) => [name, ts.getPreEmitDiagnostics(program, program.getSourceFile(file)).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))]))
}

describe('the compiler', function () {
  this.timeout(180_000)
  let told = new Map<string, string[]>()
  const key = (kind: string, index: number): string => `${kind}${index}`

  before(() => {
    told = compile(new Map([
      ...Object.values(taken).map((code, index): [string, string] => [key('taken', index), code]),
      ...Object.values(refused).map(({ code }, index): [string, string] => [key('refused', index), code]),
    ]))
  })

  Object.keys(taken).forEach((what, index) => {
    it(`takes ${what}`, () => {
      expect(told.get(key('taken', index))).to.deep.equal([])
    })
  })

  Object.entries(refused).forEach(([what, { because }], index) => {
    it(`refuses ${what}`, () => {
      expect(told.get(key('refused', index))?.join('\n')).to.match(because)
    })
  })
})
