import path from 'node:path'

/**
 * The floors of lib/ (docs/design.md, "Layout"), the lowest first. A room imports from itself and
 * from the floors below it, so no two rooms import each other.
 */
const floors = [
  'errors.ts', 'default-export.ts', 'text', 'secret', 'inventory', 'transport', 'shell', 'state', 'playbook',
  'resources/systemd', 'resources/files', 'resources/mounts', 'resources/users', 'resources/kernel', 'resources/commands', 'resources/nginx', 'resources/tor', 'resources/python',
  'resources/postgres', 'resources/apt', 'module', 'plan', 'report', 'walk', 'apply', 'check', 'run', 'terminal', 'command-line', 'resource.ts', 'index.ts',
]

const root = import.meta.dirname
const lib = path.join(root, 'lib')

/** The index of a file's room among the floors; -1 for an unlisted room, undefined outside lib/. */
function floorOf(file) {
  const inLib = path.relative(lib, file)
  if (inLib.startsWith('..')) return undefined
  return floors.indexOf(path.dirname(inLib) === '.' ? inLib : path.dirname(inLib))
}

/**
 * What each folder may import from the project: playbooks and modules what is below them, lib/ only
 * itself.
 */
const allowed = {
  lib: ['lib'],
  modules: ['modules', 'lib/resource.ts', 'lib/module', 'lib/resources'],
  playbooks: ['playbooks', 'modules', 'lib/index.ts'],
}

function problemOf(from, to) {
  const [folder] = path.relative(root, from).split(path.sep)
  const target = path.relative(root, to)
  const may = allowed[folder]
  if (may && !may.some(each => target === each || target.startsWith(each + path.sep))) return `${folder}/ may import from ${may.join(', ')} only.`
  const [own, other] = [floorOf(from), floorOf(to)]
  if (own === undefined || other === undefined) return undefined
  if (own === -1 || other === -1) return 'This room has no place among the floors of lib/ yet: give it one in lint-floors.js.'
  return other > own ? `lib/${floors[other]} is above lib/${floors[own]}: a room imports from the floors below it only.` : undefined
}

/** An ESLint plugin with one rule: imports only go down the floors. */
export default {
  rules: {
    floors: {
      create: context => {
        const check = node => {
          const specifier = node.source?.value
          if (typeof specifier !== 'string' || !specifier.startsWith('.')) return
          const problem = problemOf(context.filename, path.resolve(path.dirname(context.filename), specifier))
          if (problem) context.report({ node, message: problem })
        }
        return { ImportDeclaration: check, ExportNamedDeclaration: check, ExportAllDeclaration: check, ImportExpression: check }
      },
    },
  },
}
