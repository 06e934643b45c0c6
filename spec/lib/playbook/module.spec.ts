import { expect } from 'chai'
import { z } from 'zod'
import { absolutePath, fileMode, name, port, unitName } from '../../../lib/module/arguments.ts'
import { defineModule } from '../../../lib/playbook/module.ts'
import { secret } from '../../../lib/secret/secret.ts'
import { hostView, misuse } from '../../modules/plan-module.ts'

const args = z.strictObject({ text: z.string('must be text'), times: z.int().min(1).default(1), to: z.object({ names: z.array(z.string('must be a name')) }).optional() })

const greet = defineModule<typeof args, string>({
  name: 'greet',
  args,
  plan: ({ text, times }) => ({ wants: [], output: () => text.repeat(times) }),
  placeholder: 'hello',
  onlyInHandlers: ({ text }) => (text === 'now' ? 'it happens each time' : undefined),
})

describe('a module', () => {
  it('makes a call of right arguments, defaults filled in', async () => {
    const call = greet({ text: 'a', times: 2 })
    expect([call.module, call.issues, call.placeholder, call.onlyInHandlers]).to.deep.equal(['greet', [], 'hello', undefined])
    expect((await call.plan(hostView())).output?.([])).to.equal('aa')
  })

  it('says which arguments make sense in a handler only', () => {
    expect(greet({ text: 'now' }).onlyInHandlers).to.equal('it happens each time')
  })

  it('does not throw for wrong arguments, but reports all of them with their paths', () => {
    const { issues, module } = misuse(greet, { times: 0, to: { names: ['a', 7] }, shout: true })
    expect(module).to.equal('greet')
    expect(issues.map(({ argument }) => argument).sort()).to.deep.equal(['arguments', 'text', 'times', 'to.names.1'])
    expect(issues.find(({ argument }) => argument === 'text')?.message).to.equal('must be text')
    expect(issues.find(({ argument }) => argument === 'arguments')?.message).to.include('shout')
  })

  it('takes no arguments at all for wrong ones', () => {
    expect(misuse(greet, undefined).issues).to.have.length(1)
  })

  it('[fault 5] refuses the word that is printed instead of a secret anywhere in its arguments, and nowhere else', async () => {
    const take = defineModule({ name: 'take', args: z.looseObject({}), plan: () => ({ wants: [] }) })
    const told = (given: Record<string, unknown>) => take(given).issues.map(({ argument }) => argument)
    expect(told({ line: 'password=<secret>' })).to.deep.equal(['line'])
    expect(told({ content: Buffer.from('a <secret> b') })).to.deep.equal(['content'])
    expect(told({ vars: { list: ['a', { password: '<secret>' }] } })).to.deep.equal(['vars.list.1.password'])
    expect(told({ headers: { '<secret>': 'x' } })).to.deep.equal(['headers'])
    expect(take({ line: '<secret>' }).issues[0]?.message).to.include('secret`…`')
    expect(await take({ line: '<secret>' }).plan(hostView()).then(() => undefined, (error: unknown) => String(error))).to.include('wrong arguments')
    expect(told({ pattern: /<secret>/, line: 'secret', password: secret('module-spec-password'), path: '/srv/<secrets>' })).to.deep.equal([])
  })

  it('is never planned with wrong arguments', async () => {
    expect(await misuse(greet, {}).plan(hostView()).then(() => undefined, (error: unknown) => String(error))).to.include('greet: wrong arguments')
  })
})

describe('arguments', () => {
  const taken = (schema: z.ZodType, values: readonly unknown[]): unknown[] => values.map(value => {
    const parsed = schema.safeParse(value)
    return parsed.success ? parsed.data : undefined
  })

  it('know a mode as three or four octal digits in a string', () => {
    expect(taken(fileMode, ['644', '0640', '2775', 644, '8', '77777', 'rwx', ''])).to.deep.equal(['0644', '0640', '2775', undefined, undefined, undefined, undefined, undefined])
  })

  it('know an absolute path, and write it in one way', () => {
    expect(taken(absolutePath, ['/', '/a', '//a///b/', 'a', '', '~/a', '/a/../b', '/./a', '/a\0', '/...', '/a b'])).to.deep.equal(['/', '/a', '/a/b', undefined, undefined, undefined, undefined, undefined, undefined, '/...', '/a b'])
  })

  it('know names, ports and units', () => {
    expect(taken(name, ['root', 'www-data', '1000', 'a b', 'machine$', '-x', '', 'a:b', 'a\nb'])).to.deep.equal(['root', 'www-data', '1000', 'a b', 'machine$', undefined, undefined, undefined, undefined])
    expect(taken(port, [1, 65535, 0, 65536, 1.5, '80'])).to.deep.equal([1, 65535, undefined, undefined, undefined, undefined])
    expect(taken(unitName, ['nginx', 'a.timer', 'tor@default', 'x.y', 'a*', 'a b', ''])).to.deep.equal(['nginx.service', 'a.timer', 'tor@default.service', 'x.y.service', undefined, undefined, undefined])
  })
})
