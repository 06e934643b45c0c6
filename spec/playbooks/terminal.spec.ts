import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import type { LabHost } from '../helpers/lab-host.ts'
import { blankHosts } from '../helpers/lab-lifecycle.ts'
import { published } from '../helpers/published-schema.ts'
import { WorkDirectory } from '../helpers/work-directory.ts'
import { Terminal } from '../lib/terminal/terminal.ts'

const project = path.join(import.meta.dirname, '..', '..')
const names = ['spec-screen-a', 'spec-screen-b', 'spec-screen-c'] as const

/** A run in a terminal of 80x24, by script(1), which is on every Debian. */
class TerminalRun {
  readonly terminal = new Terminal(80, 24)
  readonly ended: Promise<number | null>
  readonly #child

  constructor(command: string) {
    this.#child = spawn('script', ['-qefc', `stty cols 80 rows 24 -echo; exec env -u CI -u NO_COLOR TERM=xterm ${command}`, '/dev/null'], { cwd: project })
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => this.terminal.write(text))
    this.ended = new Promise(resolve => this.#child.once('close', resolve))
  }

  /** For a spec that fails half way. */
  end(): void {
    this.#child.kill('SIGKILL')
  }

  press(key: string): void {
    this.#child.stdin.write(key)
  }

  /** Waits until the screen shows all of these, and gives it without what is another one on each run. */
  async shows(...patterns: readonly RegExp[]): Promise<string[]> {
    const seen = () => this.terminal.screen.join('\n')
    for (const until = Date.now() + 60_000; !patterns.every(pattern => pattern.test(seen()));) {
      if (Date.now() > until) throw new Error(`The screen does not show ${patterns.join(', ')}:\n${seen()}`)
      await new Promise(resolve => setTimeout(resolve, 50))
    }
    return this.told(this.terminal.screen)
  }

  told(lines: readonly string[]): string[] {
    return lines.map(line => line.replace(/\b\d+:\d\d\b/g, 'M:SS').replace(/\d+ round trips?, .*/, 'N round trips').replace(/[\d.]+ s$/, 'N s'))
  }
}

describe('A run in a terminal of 80x24: one host fails, one is lost for a while, and Ctrl-C is pressed', function () {
  this.timeout(240_000)
  const work = new WorkDirectory('terminal')
  const inventory = work.inventory('hosts.ts', Object.fromEntries(names.map(name => [name, { groups: ['web'] }])))
  const report = path.join(work.path, 'report.json')
  const playbook = work.write('playbook.ts', `
import { playbook } from '<project>/lib/index.ts'
import { command } from '<project>/modules/command.ts'
import { file } from '<project>/modules/file.ts'
const until = name => ['sh', '-c', 'until [ -e "$0" ]; do sleep 0.1; done', '/srv/' + name]
export default playbook({ name: 'Screen', hosts: 'all', tasks({ task, host, handler }) {
  const tell = handler('Tell', command({ argv: ['true'] }))
  if (host.name.endsWith('c')) task('Cut the line', command({ argv: ['sh', '-c', 'if [ ! -e /srv/once ]; then touch /srv/once; kill -9 $(pgrep -o -f "^sshd: root@notty"); sleep 1; fi; echo cut >/srv/cut'], creates: '/srv/cut' }))
  if (host.name.endsWith('b')) task('Fail', command({ argv: ['sh', '-c', 'until [ -e /srv/fail ]; do sleep 0.1; done; printf "out of \\\\033[31mpaper\\\\n" >&2; exit 3'] }))
  if (host.name.endsWith('a')) task('Change', () => file({ path: '/srv/greeting', content: 'hello\\n' }), { notify: tell })
  task('Wait', command({ argv: until('go') }))
  task('Never', file({ path: '/srv/never' }))
} })
`)
  let hosts: Record<(typeof names)[number], LabHost>

  before(async function () {
    this.timeout(600_000)
    hosts = await blankHosts(...names)
  })

  let run: TerminalRun | undefined
  after(() => {
    run?.end()
    work.remove()
  })

  it('[fault 33, fault 2] shows everything as it happens, finishes the current step, writes the report, and restores the cursor', async () => {
    run = new TerminalRun(`node --import tsx run.ts ${playbook} -i ${inventory} --report ${report}`)
    const atWork = (name: string, done: number, now: string) => new RegExp(`^▸ ${name} +${done} done, now: ${now}`, 'm')

    expect(await run.shows(atWork(names[0], 1, 'Wait'), atWork(names[1], 0, 'Fail'), atWork(names[2], 1, 'Wait')), 'a lost connection').to.include.members([
      `▸ ${names[0]}  1 done, now: Wait  M:SS`, `▸ ${names[1]}  0 done, now: Fail  M:SS`, `▸ ${names[2]}  1 done, now: Wait  M:SS`, '3 hosts: 3 at work, 0 done  M:SS',
      `${names[0]}  changed     Change`, '    file[/srv/greeting]', `${names[2]}  changed     Cut the line`,
    ])
    // The line is longer than the terminal is wide.
    expect(run.terminal.screen.join('').replace(/\s/g, '')).to.match(/spec-screen-cTheconnectionwaslost:.*Connectingagainin0\.5s/)

    await hosts[names[1]].run('touch /srv/fail')
    const live = [`▸ ${names[0]}  1 done, now: Wait  M:SS`, `✖ ${names[1]}  FAILED  M:SS`, `▸ ${names[2]}  1 done, now: Wait  M:SS`, '3 hosts: 2 at work, 0 done, 1 failed  M:SS']
    const failed = await run.shows(/^✖ spec-screen-b {2}FAILED/m)
    expect(failed.slice(-4), 'a failure').to.deep.equal(live)
    expect(failed).to.include.members([`${names[1]}  FAILED      Fail`, '      Exit status: 3', '      The host said:', '        out of \\x1b[31mpaper'])
    expect(run.terminal.cursor).to.equal(false)

    run.press('\u0003')
    const stopping = await run.shows(/^Stopping \(Ctrl-C\)/m)
    expect(stopping.slice(-4), 'Ctrl-C').to.deep.equal(live)
    expect(stopping).to.include('Stopping (Ctrl-C) after the current step. A second Ctrl-C ends at once.')

    for (const name of [names[0], names[2]]) await hosts[name].run('touch /srv/go')
    expect([await run.ended, run.terminal.cursor]).to.deep.equal([130, true])
    const told = run.told(run.terminal.everything)
    for (const name of [names[0], names[2]]) expect(told).to.include.members([`${name}  changed     Wait`, `${name}  Stopped (Ctrl-C) before "Never".`, `${name}  STOPPED: 2 change, N round trips`])
    expect(told).to.include(`${names[1]}  FAILED: 1 failed, N round trips`).and.include('3 hosts: 1 FAILED, 2 STOPPED, in N s')
    expect(told.join('\n')).to.not.match(/^[▸✖✔·]/m)
    const { hosts: reported } = published(JSON.parse(readFileSync(report, 'utf8')))
    expect(names.map(name => [reported[name]?.status, reported[name]?.stopped])).to.deep.equal([['failed', true], ['failed', undefined], ['failed', true]])
    // What was begun has ended, and what was not begun was left.
    expect(await hosts[names[0]].run('ls /srv; ls /var/lib/stead/notified')).to.equal('go\ngreeting\nScreen%3A%20Tell')
  })
})
