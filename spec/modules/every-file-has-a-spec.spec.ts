import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'

const root = path.join(import.meta.dirname, '..', '..')
const namesIn = (folder: string): string[] => readdirSync(path.join(root, folder)).filter(file => file.endsWith('.ts')).map(file => path.parse(file).name)

describe('every file of the breadth', () => {
  it('of modules/ has a spec of its own name, and exports the camelCase of it', () => {
    for (const name of namesIn('modules')) {
      expect(existsSync(path.join(root, 'spec', 'modules', `${name}.spec.ts`)), `spec/modules/${name}.spec.ts`).to.equal(true)
      const camel = name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
      expect(readFileSync(path.join(root, 'modules', `${name}.ts`), 'utf8'), name).to.include(`export const ${camel} = defineModule`).and.include(`name: '${name}'`)
    }
  })

  it('of lib/resources/ has cases for each kind it defines, or else a spec of its own name', () => {
    for (const name of namesIn('lib/resources')) {
      const source = readFileSync(path.join(root, 'lib', 'resources', `${name}.ts`), 'utf8')
      const kinds = [...source.matchAll(/^ {2}kind: '([a-z-]+)'/gm)].map(([, kind = '']) => kind)
      for (const kind of kinds) expect(existsSync(path.join(root, 'spec', 'cases', kind)), `spec/cases/${kind}/ for lib/resources/${name}.ts`).to.equal(true)
      if (kinds.length === 0) expect(existsSync(path.join(root, 'spec', 'lib', 'resources', `${name}.spec.ts`)), `spec/lib/resources/${name}.spec.ts`).to.equal(true)
    }
  })
})
