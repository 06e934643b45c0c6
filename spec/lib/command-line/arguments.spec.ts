import { expect } from 'chai'
import { type Arguments, parseArguments } from '../../../lib/command-line/arguments.ts'
import { UsageError } from '../../../lib/errors.ts'

function parse(...argv: string[]): Arguments {
  const result = parseArguments(argv, { version: '1.2.3' })
  if (result.type === 'print') throw new Error(`printed ${result.text}`)
  return result.arguments
}

function complaint(...argv: string[]): UsageError {
  try {
    parse(...argv)
  } catch (error) {
    if (error instanceof UsageError) return error
    throw error
  }
  throw new Error(`${argv.join(' ')} was accepted`)
}

describe('parseArguments', () => {
  it('has defaults for all but the playbook and the inventory', () => {
    expect(parse('hello.ts', '-i', 'lab')).to.deep.equal({
      playbook: 'hello.ts', inventories: ['lab'], check: false, diff: true, tags: [], skipTags: [], extraVars: {}, strictVars: false, forks: 10,
      listTasks: false, listHosts: false, listTags: false, reports: [], verbosity: 0,
    })
  })

  it('reads the short options', () => {
    expect(parse('-C', '-D', '-l', 'web', '-t', 'a,b', '-t', 'c', '-e', 'x=1', '-f', '3', '-b', '-u', 'root', '-vv', '-v', '-i', 'prod', 'p.ts')).to.deep.equal({
      playbook: 'p.ts', inventories: ['prod'], check: true, diff: true, limit: 'web', tags: ['a', 'b', 'c'], skipTags: [], extraVars: { x: '1' }, strictVars: false, forks: 3,
      listTasks: false, listHosts: false, listTags: false, become: true, user: 'root', reports: [], verbosity: 3,
    })
  })

  it('reads the long options', () => {
    expect(parse('p.ts', '--inventory=prod', '--check', '--no-diff', '--limit', '!web', '--tags', 'a', '--skip-tags', 'b, c', '--extra-vars', '{"n": 1}', '--strict-vars',
      '--forks', '1', '--start-at-task', 'Install nginx', '--list-tasks', '--list-hosts', '--list-tags', '--become', '--user', 'u', '--private-key', '~/k',
      '--report', 'a.json', '--report', 'b.xml', '--verbose')).to.deep.equal({
      playbook: 'p.ts', inventories: ['prod'], check: true, diff: false, limit: '!web', tags: ['a'], skipTags: ['b', 'c'], extraVars: { n: 1 }, strictVars: true, forks: 1,
      startAtTask: 'Install nginx', listTasks: true, listHosts: true, listTags: true, become: true, user: 'u', privateKey: '~/k',
      reports: ['a.json', 'b.xml'], verbosity: 1,
    })
  })

  it('[fault 28] keeps every given inventory, in order', () => {
    expect(parse('p.ts', '-i', 'a', '--inventory', 'b').inventories).to.deep.equal(['a', 'b'])
  })

  it('lets the later of several variables win', () => {
    expect(parse('p.ts', '-i', 'x', '-e', 'a=1 b=2', '-e', '{"b": 3}').extraVars).to.deep.equal({ a: '1', b: 3 })
    expect(parse('p.ts', '-i', 'x').extraVars).to.deep.equal({})
  })

  it('answers a bad call with one line and the usage', () => {
    const calls: [string[], RegExp][] = [
      [[], /inventory|PLAYBOOK/],
      [['p.ts'], /^Required option '-i, --inventory <INVENTORY>' not specified\.$/],
      [['-i', 'x'], /^Missing required argument 'PLAYBOOK'\.$/],
      [['p.ts', 'q.ts', '-i', 'x'], /^Too many arguments/],
      [['p.ts', '-i'], /argument missing\.$/],
      [['p.ts', '-i', 'x', '--chek'], /^Unknown option '--chek' \(Did you mean --check\?\)$/],
      [['p.ts', '-i', 'x', '--step'], /^Unknown option '--step'/],
      [['p.ts', '-i', 'x', '-K'], /^Unknown option '-K'/],
      [['p.ts', '-i', ' '], /^--inventory was given an empty value\.$/],
      [['p.ts', '-i', 'x', '-t', 'a,,b'], /^--tags was given "a,,b"/],
      [['p.ts', '-i', 'x', '--report', ''], /^--report was given an empty value/],
      [['', '-i', 'x'], /^PLAYBOOK was given/],
      ...['0', '-1', '1.5', 'many', '', '1e3', '99999999999999999999'].map((forks): [string[], RegExp] => [['p.ts', '-i', 'x', `--forks=${forks}`], /^--forks was given/]),
    ]
    for (const [argv, message] of calls) {
      const error = complaint(...argv)
      expect(error.message, argv.join(' ')).to.match(message).and.not.include('\n')
      expect(error.hint, argv.join(' ')).to.include('run.ts PLAYBOOK -i INVENTORY')
      expect(error.exitStatus).to.equal(64)
    }
  })

  it('[fault 36] returns the text for --help and --version instead of printing it, without empty defaults', () => {
    const help = parseArguments(['--help'], { version: '1.2.3' })
    expect(help.type === 'print' && help.text).to.match(/^Usage: run\.ts PLAYBOOK -i INVENTORY \[options\]/)
    for (const option of ['--check', '--no-diff', '--limit', '--tags', '--skip-tags', '--extra-vars', '--strict-vars', '--forks', '--start-at-task', '--list-tasks', '--list-hosts',
      '--list-tags', '--become', '--user', '--private-key', '--report', '--verbose']) {
      expect(help.type === 'print' && help.text).to.include(option)
    }
    expect(help.type === 'print' && help.text).to.not.include('(default:')
    expect(parseArguments(['--version'], { version: '1.2.3' })).to.deep.equal({ type: 'print', text: '1.2.3\n' })
  })
})
