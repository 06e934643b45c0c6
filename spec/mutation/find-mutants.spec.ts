import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import ts from 'typescript'
import { findMutants, switchName } from '../../mutation/find-mutants.ts'

const mistakes = (source: string): string[] => findMutants('a.ts', source, 0).mutants.map(({ to }) => to)

/** What a program gives with one mutant on; -1 for none. */
function result(source: string, mutant: number): unknown {
  const { outputText } = ts.transpileModule(findMutants('a.ts', source, 0).source, { compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.None } })
  const context: Record<string, unknown> = { [switchName]: (id: number) => id === mutant, result: undefined }
  runInNewContext(outputText, context)
  return context['result']
}

describe('mutants', () => {
  it('are the mistakes that programmers make', () => {
    const cases: Record<string, string[]> = {
      'if (a < b) go()': ['true', 'false', 'a <= b', 'a >= b', ';'],
      'const x = a === b || !c': ['a === b && !c', 'a !== b', 'c'],
      'const x = a?.b ?? c': ['a?.b', 'c', 'a.b'],
      'const x = a?.b?.(1).c': ['a?.b(1).c', 'a.b?.(1).c'],
      'const x = Math.max(a, 1 + b)': ['Math.min(a, 1 + b)', '1 - b'],
      "const x = a.startsWith('x')": ["a.endsWith('x')", "''"],
      'const x = list.filter(f).some(g)': ['list.filter(f).every(g)', 'list'],
      'const x = [true, `${a}`]': ['[]', 'false', "''"],
      'const f = () => a + 1': ['() => undefined', 'a - 1'],
      'for (const a of b) if (a) continue': ['true', 'false', ';'],
      'throw new Error(a)': [';'],
    }
    for (const [source, expected] of Object.entries(cases)) expect(mistakes(source), source).to.deep.equal(expected)
  })

  it('are none in types, imports, names, tagged templates and what is assigned to', () => {
    for (const source of ["import { a } from 'b'", "type A = 'x' | true", "interface A { b: 'x' }", 'export const { a } = b', 'const x = sh`ls ${a}`', "export type { A } from 'b'", 'let a: Record<string, true>']) {
      expect(mistakes(source), source).to.deep.equal([])
    }
  })

  it('sleep behind their switches: the program does what it did, and with each of them something else', () => {
    const source = `function f(list, limit = 3) { const found = list.filter(n => n > 0 && n < limit); return found.length === 0 ? 'none' : found.join('-') + (found.some(n => n === 2) ? '!' : '') }
result = [f([1, 2, 3]), f([0, -1]), f([1]), f([2, 1], 2), f([5, 1], 9)].join(' ')`
    const { mutants } = findMutants('a.ts', source, 0)
    expect(result(source, -1)).to.equal('1-2! none 1 1 5-1')
    const same = mutants.filter(({ id }) => {
      try {
        return result(source, id) === result(source, -1)
      } catch {
        return false
      }
    })
    expect(mutants.length).to.be.above(15)
    // None of nothing is none of two.
    expect(same.map(({ code, to }) => `${code} -> ${to}`)).to.deep.equal(['[0, -1] -> []'])
  })

  it('say where they are', () => {
    const [first] = findMutants('lib/a.ts', '\n\nconst x =\n  a && b', 7).mutants
    expect(first).to.deep.equal({ id: 7, file: 'lib/a.ts', line: 4, kind: 'logical', code: 'a && b', to: 'a || b' })
  })
})
