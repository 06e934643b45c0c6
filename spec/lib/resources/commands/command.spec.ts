import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { command } from '../../../../modules/command.ts'
import { runLocally } from '../../run/local-run.ts'
import { inTemporaryDirectory } from '../../shell/local-session.ts'

type Arguments = Extract<Parameters<typeof command>[0], { creates?: unknown }>

/** What a command of one task comes to: in a check, and for real. */
async function outcome(args: Arguments): Promise<[check: string, run: string]> {
  const told = async (check: boolean) => {
    const [task] = (await runLocally(({ task: add }) => void add('it', command(args)), { check })).tasks
    return task?.error ?? task?.status ?? ''
  }
  return [await told(true), await told(false)]
}

const sh = (script: string) => ['sh', '-c', script]

describe('what a command creates', () => {
  it('[fault 70] does not count if it is an empty file, unless allowed; an empty result of the command is removed', () => inTemporaryDirectory(async place => {
    const made = `${place}/made`
    const args = { argv: ['touch', made], creates: made }
    const [check, run] = await outcome(args)
    expect(check).to.equal('change')
    expect(run).to.contain(`The command left ${made} empty, as happens on a full disk`).and.contain('creates: { path, empty: true }')
    expect(existsSync(made)).to.equal(false)
    expect(await outcome({ ...args, creates: { path: made, empty: true } })).to.deep.equal(['change', 'change'])
    expect(await outcome({ ...args, creates: { path: made, empty: true } })).to.deep.equal(['ok', 'ok'])
    // What another has left empty is not made anew unasked: the command may do more than that.
    for (const told of await outcome({ argv: sh(`echo x >>${place}/ran; echo x >${made}`), creates: made })) expect(told).to.contain(`${made} exists but is empty`).and.contain('Remove it')
    expect(existsSync(`${place}/ran`)).to.equal(false)
    expect(await outcome({ argv: ['true'], creates: '/proc/version' })).to.deep.equal(['ok', 'ok'])
    expect(await outcome({ argv: ['true'], creates: place })).to.deep.equal(['ok', 'ok'])
  }))

  it('[fault 70] counts if its test passes: otherwise it is created again, and then has to pass', () => inTemporaryDirectory(async place => {
    const creates = { path: `${place}/it's made`, test: 'grep -q whole "$1"' }
    expect(await outcome({ argv: sh(`echo ha >"${place}/it's made"`), creates })).to.satisfy(([check, run]: string[]) => check === 'change' && run?.includes('fails the test of creates'))
    const whole = { argv: sh(`echo whole >"${place}/it's made"`), creates }
    expect(await outcome(whole)).to.deep.equal(['change', 'change'])
    expect(await outcome(whole)).to.deep.equal(['ok', 'ok'])
    writeFileSync(creates.path, '')
    expect(await outcome(whole)).to.deep.equal(['change', 'change'])
    expect(readFileSync(creates.path, 'utf8')).to.equal('whole\n')
  }))

  it('[fault 70] is created under a temporary name and renamed once it is complete; whatever fails, nothing is left', () => inTemporaryDirectory(async place => {
    const path = `${place}/the key`
    const creates = { path, beside: true, test: 'grep -q ^key "$1"' }
    for (const [script, why] of [
      ['printf key >"$1"; exit 3', 'Exit status: 3'], [': >"$1"', 'empty, as happens on a full disk'], ['printf ke >"$1"', 'fails the test'], ['true', 'without creating'], [`printf key >"$1"; printf theirs >'${path}'`, 'Somebody else has just created'],
    ] as const) {
      expect((await outcome({ argv: [...sh(script), 'sh', '%s'], creates }))[1], script).to.contain(why)
      expect(readdirSync(place), script).to.deep.equal(why.includes('Somebody') ? ['the key'] : [])
    }
    const make = { argv: [...sh(`[ ! -e "$1" ] && echo "key \${1##*/}" >"$1"`), 'sh', '%s'], creates, umask: '0077' }
    for (const told of await outcome(make)) expect(told).to.contain('exists but fails the test of creates. It was left unchanged')
    expect(readFileSync(path, 'utf8')).to.equal('theirs')
    writeFileSync(path, '')
    expect(await outcome(make)).to.deep.equal(['change', 'change'])
    expect(readFileSync(path, 'utf8')).to.match(/^key \.stead\.\w{12}\.\w{8}\n$/)
    expect([readdirSync(place), statSync(path).mode & 0o777]).to.deep.equal([['the key'], 0o600])
    expect(await outcome(make)).to.deep.equal(['ok', 'ok'])
    expect((await outcome({ ...make, creates: { ...creates, path: `${place}/no/key` } }))[1]).to.contain(`The directory ${place}/no/ does not exist`)
  }))

  it('cannot be what the command removes, and must be named with beside', () => {
    const issues = (args: Arguments) => command(args).issues.map(({ argument }) => argument)
    expect(issues({ argv: ['true'], creates: '/a/b', removes: '/a' })).to.deep.equal(['removes'])
    expect(issues({ argv: ['true'], creates: '/a', removes: '/a' })).to.deep.equal(['removes'])
    expect(issues({ argv: ['true'], creates: '/a', removes: '/ab' })).to.deep.equal([])
    expect(issues({ argv: ['true'], creates: { path: '/a', beside: true } })).to.deep.equal(['argv'])
    expect(issues({ argv: ['true', '%s'], creates: { path: '/a', beside: true, empty: true } })).to.deep.equal(['creates'])
  })
})
