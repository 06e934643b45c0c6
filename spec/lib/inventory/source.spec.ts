import { expect } from 'chai'
import { describe as kindOf, isMapping, Issues, showPlace } from '../../../lib/inventory/source.ts'

describe('a place in an inventory', () => {
  it('is shown as far as it is known', () => {
    expect(showPlace({ file: 'prod.yml', line: 3, column: 5 })).to.equal('prod.yml:3:5')
    expect(showPlace({ file: 'prod.yml', line: 3 })).to.equal('prod.yml:3')
    expect(showPlace({ file: 'lab.ts' })).to.equal('lab.ts')
  })
})

describe('what is wrong with an inventory', () => {
  it('is reported file by file, from the top of each, and each thing once', () => {
    const issues = new Issues('first.yml', 'second.yml')
    const add = (file: string, line: number | undefined, column: number | undefined, message: string) => issues.add(message, { file, line, column })
    add('second.yml', 1, 1, 'e')
    add('first.yml', 7, 9, 'd')
    add('first.yml', 7, 2, 'c')
    add('first.yml', 2, 30, 'b')
    add('first.yml', undefined, undefined, 'a')
    add('first.yml', 7, 9, 'd')
    add('first.yml', 7, 9, 'd, too')
    expect(issues.list.map(({ file, line, message }) => `${file} ${line} ${message}`)).to.deep.equal([
      'first.yml undefined a', 'first.yml 2 b', 'first.yml 7 c', 'first.yml 7 d', 'first.yml 7 d, too', 'second.yml 1 e',
    ])
    const bare = new Issues('first.yml')
    bare.add('on line 3', { file: 'first.yml', line: 3 })
    bare.add('of the whole file', { file: 'first.yml' })
    expect(bare.list.map(({ message }) => message)).to.deep.equal(['of the whole file', 'on line 3'])
    const late = new Issues('first.yml')
    late.add('on a line', { file: 'first.yml', line: 1, column: 2 })
    late.add('of the whole file', { file: 'first.yml' })
    late.add('of the line', { file: 'first.yml', line: 1 })
    expect(late.list.map(({ message }) => message)).to.deep.equal(['of the whole file', 'of the line', 'on a line'])
  })
})

describe('a value of an inventory', () => {
  it('is named by what it is, and never shown', () => {
    const named: [unknown, string][] = [[null, 'nothing'], [undefined, 'nothing'], [[], 'a list'], [['x'], 'a list'], [{}, 'a mapping'], [Object.create(null), 'a mapping'],
      [new Map(), 'a Map'], [new Date(0), 'a Date'], ['', 'a text'], ['x', 'a text'], [1, 'a number'], [true, 'a boolean'], [() => 1, 'a function']]
    for (const [value, name] of named) expect(kindOf(value), name).to.equal(name)
  })

  it('is a mapping where it is a plain object', () => {
    for (const value of [{}, { a: 1 }, Object.create(null)]) expect(isMapping(value)).to.equal(true)
    for (const value of [null, undefined, [], 'x', 1, new Map(), () => ({})]) expect(isMapping(value)).to.equal(false)
  })
})
