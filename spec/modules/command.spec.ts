import { expect } from 'chai'
import { secret } from '../../lib/index.ts'
import { command } from '../../modules/command.ts'
import { file } from '../../modules/file.ts'
import type { TaskOptions } from '../../lib/index.ts'
import { goThroughFourRounds } from '../helpers/four-rounds.ts'
import { labHost, type SpecHost } from '../helpers/module-host.ts'
import { unitHostName } from '../helpers/unit-host.ts'

describe('command', function () {
  this.timeout(240_000)
  let host: SpecHost
  before(async () => {
    host = await labHost(unitHostName)
    await host.sh('rm -rf /srv/command; mkdir /srv/command; chmod 777 /srv/command')
  })
  const sh = (script: string) => ['sh', '-c', script]
  const apply = async (call: Parameters<typeof command>[0] | { argv: string[]; reads: true }, { check = false, ...options }: TaskOptions & { check?: boolean } = {}) => {
    const { tasks: [task], error } = await host.run(({ task: add }) => void (call.reads ? add('command', command(call), options) : add('command', command(call), options)), { check })
    if (!task) throw new Error(error)
    return task
  }

  it('runs until the path is there that it creates', () => goThroughFourRounds(host, {
    task: () => command({ argv: sh('echo $$ >/srv/command/made'), creates: '/srv/command/made' }), drift: 'rm /srv/command/made', proof: 'cat /srv/command/made', drifted: ['command[/srv/command/made]'],
  }))
  it('runs until a script finds nothing more to do', () => goThroughFourRounds(host, {
    task: () => command({ argv: sh('echo $$ >state'), cwd: '/srv/command', unless: 'grep -q . state', onlyIf: '[ ! -s state ]' }), drift: 'rm /srv/command/state', proof: 'cat /srv/command/state',
  }))
  it('runs while the path is there that it removes', async () => {
    const call = { argv: ['rm', '/srv/command/state'], removes: '/srv/command/state' }
    expect((await apply(call)).status).to.equal('change')
    expect((await apply(call)).status).to.equal('ok')
  })
  it('fails when it ran and its result does not exist, and with its own words when it failed', async () => {
    expect((await apply({ argv: ['true'], creates: '/srv/command/never' })).error).to.contain('does not read back as desired')
    expect((await apply({ argv: sh('echo the reason >&2; exit 3'), creates: '/srv/command/never' })).error).to.contain('the reason').and.contain('Exit status: 3')
  })
  it('brings variables, secrets among them, and standard input to the program as they are, and to no command line', async () => {
    const nasty = 'pä\'ss"w$(id)`o`\\rd\n\n%'
    const task = await apply({
      argv: sh('printf %s "$TOKEN|$PLAIN" >vars; cat >input; cat /proc/*/cmdline 2>/dev/null | tr "\\0" " " >ps'), cwd: '/srv/command', creates: '/srv/command/ps', umask: '0077',
      env: { TOKEN: secret(nasty), PLAIN: nasty }, stdin: secret('in\0put äöü\n'.replace('\0', '')),
    })
    expect(task.error).to.equal(undefined)
    expect(await host.sh('cat /srv/command/vars; echo; cat /srv/command/input; stat -c %a /srv/command/vars')).to.equal(`${nasty}|${nasty}\ninput äöü\n600\n`)
    expect(await host.sh('grep -c "pä\'ss" /srv/command/ps || :')).to.equal('0\n')
    expect(JSON.stringify(task)).to.not.contain('ss\\"w$')
  })
  it('takes words as they are, and runs as another user, guards too', async () => {
    await apply({ argv: ['sh', '-c', 'printf "%s\\n" "$@" >/srv/command/words; id -un >>/srv/command/words', 'sh', '$HOME', '*', "it's", 'ä b'], user: 'nobody', unless: '[ "$(id -un)" = nobody ] && [ -e /srv/command/words ]' })
    expect(await host.sh('cat /srv/command/words')).to.equal("$HOME\n*\nit's\nä b\nnobody\n")
  })
  it('runs every time if nothing shows its effect', async () => {
    expect((await apply({ argv: ['true'] })).status).to.equal('change')
    expect((await apply({ argv: ['true'] }, { check: true })).changes[0]?.diff).to.contain('every time')
  })
  it('[check 2] reads for real in check mode, and passes its output to later tasks', async () => {
    for (const check of [true, false]) {
      const { tasks, error } = await host.run(({ task }) => {
        const kernel = task('kernel', command({ argv: ['uname', '-s'], reads: true }), { checkMode: false })
        task('use', async () => file({ path: '/srv/command/kernel', content: `on ${(await kernel).stdout}` }))
      }, { check })
      expect(error).to.equal(undefined)
      expect(tasks.map(({ status }) => status)).to.deep.equal(['ok', 'change'])
      expect(tasks[1]?.changes[0]?.diff).to.contain('on Linux')
    }
    expect((await apply({ argv: sh('echo no >&2; exit 2'), reads: true })).error).to.contain('exit 2 failed').and.contain('no')
  })
  it('[check 2] refuses checkMode: false in check mode for a task that would write', async () => {
    expect((await apply({ argv: ['true'] }, { check: true, checkMode: false })).error).to.contain('checkMode: false')
    expect((await apply({ argv: ['true'] }, { checkMode: false })).status).to.equal('change')
  })
  it('[check 2] never applies a task with checkMode: true; it says what would change, notifies no handler, and the run goes on', async () => {
    for (const check of [true, false]) {
      const { tasks, handlers } = await host.run(({ task, handler }) => {
        const note = handler('note', command({ argv: ['true'] }))
        task('dry', file({ path: '/srv/command/dry', content: 'x' }), { checkMode: true, notify: note })
        task('wet', command({ argv: ['true'], creates: '/srv/command/kernel' }))
      }, { check })
      expect(tasks.map(({ status }) => status)).to.deep.equal(['may-change', 'ok'])
      expect(tasks[0]?.changes[0]?.reason).to.contain('never applied')
      expect(handlers.filter(({ status }) => status === 'change')).to.deep.equal([])
    }
    expect((await host.trySh('[ -e /srv/command/dry ]')).exitCode).to.equal(1)
  })
})
