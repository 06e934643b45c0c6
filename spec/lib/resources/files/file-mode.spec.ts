import { expect } from 'chai'
import fc from 'fast-check'
import { execFileSync } from 'node:child_process'
import { changeMode } from '../../../../lib/resources/files/file-mode.ts'
import { fileModeChange } from '../../../../lib/module/arguments.ts'

describe('A symbolic mode', function () {
  this.timeout(180_000)

  for (const [given, from, to] of [
    ['a=r', '0644', '0444'], ['u+w', '0444', '0644'], ['o+t', '0444', '1444'], ['o-t', '1444', '0444'], ['g+s', '0444', '2444'],
    ['g-s', '2444', '0444'], ['u+s', '0444', '4444'], ['u-s', '4444', '0444'], ['0755', '2755', '0755'],
  ] as const) {
    it(`[file 10] ${given} makes ${to} of ${from}`, () => expect(changeMode(given, from, false)).to.equal(to))
  }

  for (const wrong of ['u=foo', '99', '', 'u', '0888', '+y', 'u+w,', '644 ']) {
    it(`[file 10] ${JSON.stringify(wrong)} is refused, with what is allowed`, () => {
      const parsed = fileModeChange.safeParse(wrong)
      expect(parsed.success).to.equal(false)
      expect(parsed.error?.issues[0]?.message).to.contain('octal').and.contain('symbolic')
    })
  }

  it('[file 11] a number is a type error, since 644 is not 0o644', () => expect(fileModeChange.safeParse(644).success).to.equal(false))

  it('results in the same as chmod(1), for any mode and expression, and is refused if chmod would change it again', () => {
    const who = fc.array(fc.constantFrom('u', 'g', 'o', 'a'), { maxLength: 2 }).map(letters => letters.join(''))
    const bits = fc.oneof(fc.array(fc.constantFrom('r', 'w', 'x', 'X', 's', 't'), { maxLength: 3 }).map(letters => letters.join('')), fc.constantFrom('u', 'g', 'o'))
    const action = fc.tuple(fc.constantFrom('+', '-', '='), bits).map(([operator, letters]) => operator + letters)
    const clause = fc.tuple(who, fc.array(action, { minLength: 1, maxLength: 2 })).map(([letters, actions]) => letters + actions.join(''))
    const expression = fc.array(clause, { minLength: 1, maxLength: 2 }).map(clauses => clauses.join(','))
    const samples = fc.sample(fc.tuple(fc.integer({ min: 0, max: 0o7777 }), expression, fc.boolean()), 300)
    const script = samples.map(([mode, given, isDirectory]) => {
      const octal = mode.toString(8).padStart(5, '0')
      return `${isDirectory ? 'mkdir p' : ': >p'}; chmod ${octal} p; chmod -- '${given}' p; stat -c %04a p; chmod -- '${given}' p; stat -c %04a p; rm -rf p`
    }).join('\n')
    const said = execFileSync('sh', ['-c', `umask 022; d=$(mktemp -d); cd "$d"; ${script}\ncd /; rm -rf "$d"`], { encoding: 'utf8' }).trim().split('\n')
    samples.forEach(([mode, given, isDirectory], index) => {
      const from = mode.toString(8).padStart(4, '0')
      const [once, twice] = said.slice(2 * index)
      const what = `${given} of ${from} ${isDirectory ? 'directory' : 'file'}`
      if (once === twice) expect(changeMode(given, from, isDirectory), what).to.equal(once)
      else expect(() => changeMode(given, from, isDirectory), what).to.throw('never settles')
    })
  })

  it('refuses one that would change its own result on every run', () => {
    expect(() => changeMode('g=u,u=rw', '0755', false)).to.throw('The mode g=u,u=rw never settles: it turns 0755 into 0675')
    expect(changeMode('g=u,u=rw', '0664', false)).to.equal('0664')
  })
})
