import { z } from 'zod'
import { absolutePath, defineModule, name as account, plainName, want } from '../lib/resource.ts'
import { planOwnership } from '../lib/module/plan-file.ts'
import { fileResource } from '../lib/resources/files/file.ts'
import { systemdCommand, systemdEnvironment } from '../lib/resources/systemd/quote.ts'
import { unitResource } from '../lib/resources/systemd/unit.ts'
import { planUnitFile, unitText } from './systemd-unit.ts'
import { planUnit } from './systemd.ts'

const line = z.string().regex(/^[^\r\n]+$/, 'must be one line')

const args = z.strictObject({
  /** The name of NAME.timer and NAME.service. */
  name: plainName,
  /**
   * When, as in systemd.time(7): 'daily', 'Mon..Fri 02:30', '*:0/15'. With several, any of them.
   */
  schedule: z.union([line, z.array(line).min(1, 'must name at least one time')], 'must be a time, as in \'daily\'').transform(given => (typeof given === 'string' ? [given] : given)).optional(),
  /** The path of the program and its arguments, one word each; no shell is involved. */
  command: z.array(z.string().refine(word => !word.includes('\0'), 'must not contain a NUL byte'), 'must be a list of words, as in [\'/usr/bin/updatedb\']').refine(([program = '']) => /^\/[A-Za-z0-9_./+-]+$/.test(program), 'must begin with the path of a program').optional(),
  description: line.optional(),
  /** Who runs it. @default 'root' */
  user: account.optional(),
  environment: z.record(z.string().regex(/^[A-Za-z_]\w*$/, 'must be the name of a variable'), z.string().regex(/^[^\u0000-\u0008\u000b-\u001f\u007f]*$/, 'must not contain control characters')).default({}),
  workingDirectory: absolutePath.optional(),
  /** Catch up on a run missed while the host was off. @default true */
  persistent: z.boolean('must be true or false').default(true),
  /** Random delay of at most this many seconds, so that not all hosts start at once. @default 0 */
  randomDelaySeconds: z.int('must be a whole number').min(0).default(0),
  /** Stop a run that takes longer (seconds). @default no limit */
  timeoutSeconds: z.int('must be a whole number').min(1).optional(),
  /** @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
}).superRefine(({ state, schedule, command }, context) => {
  if (state === 'present' && !schedule) context.addIssue({ code: 'custom', path: ['schedule'], message: 'must be a time, as in \'daily\'' })
  if (state === 'present' && !command) context.addIssue({ code: 'custom', path: ['command'], message: 'must be a list of words, as in [\'/usr/bin/updatedb\']' })
})

/**
 * A scheduled command: a systemd service and timer instead of a cron line, with its output in the
 * journal. systemd checks the schedule before anything changes. Not supported from Ansible's
 * `cron`: single time fields, `special_time`, `cron_file`, `disabled`. Source: systemd.timer(5),
 * systemd.time(7).
 *
 * @example
 * timer({ name: 'clean-cache', schedule: 'daily', command: ['/usr/bin/find', '/var/tmp', '-name', 'cache-*', '-mtime', '+7', '-delete'] })
 */
export const timer = defineModule({
  name: 'timer',
  args,
  async plan({ name, schedule = [], command = [], description = name, user, environment, workingDirectory, persistent, randomDelaySeconds, timeoutSeconds, state }, host) {
    const [service, clock] = [`/etc/systemd/system/${name}.service`, `/etc/systemd/system/${name}.timer`]
    if (state === 'absent') return { wants: (await Promise.all([clock, service].map(path => planUnitFile(host, path, null)))).flat() }
    const calendar = ['systemd-analyze', 'calendar', '--', ...schedule]
    // This task writes the timer, so its unit need not exist yet.
    const [there, , , ...files] = await Promise.all([
      host.current(unitResource, { unit: `${name}.timer` }), host.current(fileResource, { path: clock, noFollow: true }), planOwnership(host, user, undefined),
      planUnitFile(host, service, unitText({
        Unit: { Description: description.replaceAll('%', '%%') },
        Service: {
          Type: 'oneshot', ExecStart: systemdCommand(command), ...(user === undefined ? {} : { User: user }),
          ...(Object.keys(environment).length ? { Environment: systemdEnvironment(environment) } : {}),
          ...(workingDirectory === undefined ? {} : { WorkingDirectory: workingDirectory.replaceAll('%', '%%') }),
          ...(timeoutSeconds === undefined ? {} : { TimeoutStartSec: timeoutSeconds }),
        },
      }), calendar),
      planUnitFile(host, clock, unitText({
        Unit: { Description: `Runs ${name}.service by the clock` },
        Timer: { OnCalendar: schedule, Persistent: persistent, ...(randomDelaySeconds ? { RandomizedDelaySec: randomDelaySeconds } : {}) },
        Install: { WantedBy: 'timers.target' },
      }), calendar),
    ])
    const running = there ? await planUnit({ unit: `${name}.timer`, state: 'started', enabled: true }, host) : [want(unitResource, { unit: `${name}.timer` }, { running: true, enabled: 'enabled' })]
    return { wants: [...files.flat(), ...running] }
  },
})
