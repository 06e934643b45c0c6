import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { tar } from '../../lab/tar.ts'
import type { Play, TaskOptions } from '../../lib/index.ts'
import type { ModuleCall } from '../../lib/resource.ts'
import { apt } from '../../modules/apt.ts'
import { aptHold } from '../../modules/apt-hold.ts'
import { aptRepository } from '../../modules/apt-repository.ts'
import { archive } from '../../modules/archive.ts'
import { authorizedKey } from '../../modules/authorized-key.ts'
import { blockInFile } from '../../modules/block-in-file.ts'
import { command } from '../../modules/command.ts'
import { debconf } from '../../modules/debconf.ts'
import { directory } from '../../modules/directory.ts'
import { download } from '../../modules/download.ts'
import { file } from '../../modules/file.ts'
import { generatedSecret } from '../../modules/generated-secret.ts'
import { group } from '../../modules/group.ts'
import { hostname } from '../../modules/hostname.ts'
import { lineInFile } from '../../modules/line-in-file.ts'
import { symlink } from '../../modules/symlink.ts'
import { sysctl } from '../../modules/sysctl.ts'
import { systemd } from '../../modules/systemd.ts'
import { systemdUnit } from '../../modules/systemd-unit.ts'
import { template } from '../../modules/template.ts'
import { timer } from '../../modules/timer.ts'
import { user } from '../../modules/user.ts'
import { addRepositoryBeside, repository } from './package-repository.ts'
import type { WorkDirectory } from './work-directory.ts'

/** A random task: its call, and how it is printed. */
export interface DrawnTask {
  text: string
  /** Adds it to a play, alone or with one that it awaits. */
  add: (play: Play, name: string, options: TaskOptions) => void
  /** Whether it notifies the handler that restarts the unit one. */
  notify: boolean
  /** Handlers run before it. */
  flush: boolean
}

const root = '/srv/any'
const optional = <Value>(...values: Value[]) => fc.constantFrom<Value | undefined>(undefined, ...values)
const presence = fc.constantFrom<'present' | 'absent'>('present', 'present', 'absent')
const flag = fc.constantFrom(true, false)

/**
 * Shell: prepares a host for random tasks: packages that bring a file, a user and a unit, and a
 * file to download.
 */
export const preparation = `set -e; command -v curl >/dev/null || { apt-get update -q; apt-get install -y -q --no-install-recommends curl; } >/dev/null 2>&1
${addRepositoryBeside([
    { name: 'any-conf', version: '1.0', suite: 'stable', conffile: true },
    { name: 'any-needs', version: '1.0', suite: 'stable', control: 'Depends: any-conf\n' },
    { name: 'any-user', version: '1.0', suite: 'stable', scripts: {
      postinst: `id any-one >/dev/null 2>&1 || useradd -r any-one || :; mkdir -p ${root}/kept; printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' >/lib/systemd/system/any-brought.service; systemctl daemon-reload; systemctl start any-brought`,
      prerm: 'systemctl stop any-brought || :', postrm: 'rm -f /lib/systemd/system/any-brought.service; systemctl daemon-reload',
    } },
    { name: 'any-late', version: '1.0', suite: 'testing', conffile: true },
  ])}
rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/*; echo 'deb [trusted=yes] file:${repository} stable main' >/etc/apt/sources.list; apt-get update -q >/dev/null
rm -rf ${root}; mkdir -p ${root}; printf 'fetched\\n' >/srv/fetched`

/**
 * Random tasks with few names, so that they interact: owners, directories, units and packages of
 * each other. `fixtures` holds their sources.
 */
export function anyTasks(fixtures: WorkDirectory): fc.Arbitrary<DrawnTask[]> {
  const packed = tar({ 'made/one': 'one\n', 'made/two/three': 'three\n' })
  const source = fixtures.write('made.tar', packed)
  const text = fixtures.write('any.eta', 'value = <%= it.value %>\n')
  const draw = <Args>(name: string, args: fc.Arbitrary<Args>, make: (args: Args) => ModuleCall<void>) =>
    drawn(name, args, given => ({ task }, called, options) => void task(called, make(given), options))
  const drawn = <Args>(name: string, args: fc.Arbitrary<Args>, adding: (args: Args) => DrawnTask['add']) =>
    fc.record({ given: args, notify: fc.constantFrom(false, false, false, true), flush: fc.constantFrom(false, false, false, false, true) })
      .map(({ given, notify, flush }): DrawnTask => ({ text: `${name}(${JSON.stringify(given, (_key, value: unknown) => (value instanceof RegExp ? String(value) : value))})${notify ? ' notifies' : ''}${flush ? ' after flush' : ''}`, add: adding(given), notify, flush }))
  const inside = (...names: string[]) => fc.constantFrom(...names.map(name => `${root}/${name}`))
  const paths = inside('a', 'b', 'd/a', 'd/e/b', 'kept/c', 'archive/one', 'archive/new', 'l/a', 'm/e/b')
  const edited = fc.oneof(inside('a', 'b', 'd/a', 'made'), fc.constantFrom('/etc/any-conf.conf', '/etc/any-late.conf'))
  const mode = optional('0600', '0644', 'u+x', 'go-w')
  const owner = optional('root', 'any-one', 'any-two')
  const ofGroup = optional('root', 'any-group', 'any-two')
  const unitName = fc.constantFrom('any-unit-one', 'any-unit-two')
  const service = (extra: string, install: boolean) => `[Service]\n${extra}${install ? '[Install]\nWantedBy=multi-user.target\n' : ''}`
  const unitText = fc.record({ extra: fc.constantFrom('ExecStart=/bin/sleep infinity\n', 'Type=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n'), install: flag })
    .map(({ extra, install }) => service(extra, install))
  const tasks = fc.array(fc.oneof(
    { weight: 3, arbitrary: draw('file', fc.record({ path: paths, content: optional('', 'a\n', 'made by 1.0\n'), mode, owner, group: ofGroup, state: presence, parents: flag, replace: flag }), file) },
    { weight: 2, arbitrary: draw('directory', fc.record({ path: inside('d', 'd/e', 'kept', 'archive', 'home'), mode: optional('0750', '0755'), owner, group: ofGroup, state: presence }).map(given => ({ ...given, recursive: given.state === 'absent' })), directory) },
    draw('directory', fc.record({ path: inside('d', 'kept', 'home'), mode: fc.constantFrom('u=rwX,go=rX', 'o-rwx'), owner }).map(given => ({ ...given, recursive: true })), directory),
    draw('symlink', fc.record({ path: inside('l', 'm'), target: fc.constantFrom('a', 'd', 'nowhere'), state: presence }), symlink),
    draw('blockInFile', fc.record({ path: edited, block: fc.constantFrom('x', 'y\nz', ''), create: flag, mode, state: presence }), blockInFile),
    draw('lineInFile', fc.record({ path: edited, line: fc.constantFrom('a', 'made by 1.0', 'k=1'), pattern: optional<RegExp | string>(/^k=/, 'made'), create: flag, state: presence }), lineInFile),
    draw('template', fc.record({ path: paths, value: fc.constantFrom('1', '2'), parents: flag, mode, replace: flag }), ({ value, ...given }) => template({ source: text, vars: { value }, ...given })),
    { weight: 2, arbitrary: draw('user', fc.record({ name: fc.constantFrom('any-one', 'any-two'), shell: optional('/bin/bash', '/bin/sh'), group: optional('any-group'), groups: optional<string[]>([], ['any-group'], ['any-two']), append: flag, home: optional(`${root}/home`), createHome: optional(true, false), comment: optional('', 'Any'), locked: optional(true), state: presence, removeHome: flag, system: flag })
      .map(given => ({ ...given, append: given.append && given.groups !== undefined })), user) },
    { weight: 2, arbitrary: draw('group', fc.oneof(fc.record({ name: fc.constant('any-group'), gid: optional(3100, 3101), state: presence, system: flag }), fc.record({ name: fc.constantFrom('any-two', 'any-one'), state: presence, force: flag })), group) },
    draw('authorizedKey', fc.record({ user: fc.constantFrom('any-one', 'any-two'), state: presence, exclusive: flag }).map(given => ({ ...given, keys: [`ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${'A'.repeat(43)} me`] })), authorizedKey),
    { weight: 2, arbitrary: draw('systemdUnit', fc.record({ name: unitName, content: unitText, state: presence }), systemdUnit) },
    draw('systemdUnit', fc.record({ name: unitName, dropIn: fc.constant('extra'), content: fc.constantFrom('[Unit]\nDescription=Any\n', '[Install]\nWantedBy=timers.target\n'), state: presence }), systemdUnit),
    draw('file', fc.record({ path: unitName.map(name => `/etc/systemd/system/${name}.service`), content: unitText, state: presence }), file),
    { weight: 3, arbitrary: draw('systemd', fc.record({ unit: fc.constantFrom('any-unit-one', 'any-unit-two', 'any-unit-one', 'any-brought', 'any-clock.timer'), state: optional<'started' | 'stopped'>('started', 'stopped'), enabled: optional(true, false) }), systemd) },
    draw('timer', fc.record({ name: fc.constant('any-clock'), schedule: fc.constantFrom('daily', 'weekly'), command: fc.constant<string[]>(['/bin/true']), state: presence }), timer),
    { weight: 2, arbitrary: draw('command', fc.constantFrom<{ argv: string[]; cwd?: string; creates?: string; removes?: string; unless?: string; onlyIf?: string }>(
      { argv: ['sh', '-c', `echo made >${root}/made`], creates: `${root}/made` }, { argv: ['sh', '-c', `mkdir -p ${root}/d; echo a >${root}/d/a`], unless: `[ -f ${root}/d/a ]` },
      { argv: ['rm', '-rf', `${root}/kept`], removes: `${root}/kept` }, { argv: ['useradd', '-r', 'any-one'], unless: 'id any-one' }, { argv: ['sh', '-c', 'echo a >b'], cwd: root, creates: `${root}/cwd` }, { argv: ['chmod', '0600', `${root}/a`], onlyIf: `[ -n "$(find ${root}/a -perm 0644)" ]` },
    ), command) },
    { weight: 2, arbitrary: drawn('what is read', fc.record({ path: paths, to: paths, condition: flag }), ({ path, to, condition }) => ({ task }, name, options) => {
      const found = task(`${name}, read`, command({ argv: ['sh', '-c', `cat ${path} 2>/dev/null || echo none`], reads: true }))
      if (condition) task(name, file({ path: to, content: 'on a condition\n' }), { ...options, when: async () => (await found).stdout === 'a\n' })
      else task(name, async () => file({ path: to, content: (await found).stdout }), options)
    }) },
    draw('sysctl', fc.record({ value: fc.constantFrom('20000 60000', '30000 60000'), live: flag, state: presence }).map(given => ({ name: 'net.ipv4.ip_local_port_range', ...given })), sysctl),
    draw('hostname', fc.record({ name: fc.constantFrom('any', 'other') }), hostname),
    { weight: 3, arbitrary: draw('apt', fc.record({ packages: fc.constantFrom<string[]>(['any-conf'], ['any-needs'], ['any-user'], ['any-late'], ['any-conf', 'any-user']), state: presence, purge: flag, startServices: flag, autoremove: flag }), apt) },
    draw('aptHold', fc.record({ packages: fc.constantFrom<string[]>(['any-conf'], ['any-needs']), state: fc.constantFrom<'held' | 'released'>('held', 'released', 'released') }), aptHold),
    draw('aptRepository', presence.map(state => ({ name: 'late', state, uris: [`file:${repository}`], suites: ['testing'], components: ['main'], trusted: true })), aptRepository),
    draw('debconf', fc.record({ package: fc.constant('any-conf'), question: fc.constant('any/question'), type: fc.constant('boolean' as const), value: flag }), debconf),
    draw('generatedSecret', fc.record({ path: inside('secret', 'd/secret'), group: fc.constantFrom('root', 'any-group'), mode: fc.constantFrom('0600', '0640'), state: presence }), generatedSecret),
    draw('archive', fc.record({ path: inside('archive', 'd/archive'), include: fc.constantFrom<string[]>([], ['made/one']), replaceOther: fc.constant(true) }).map(given => ({ ...given, source, strip: 1 })), archive),
    draw('download', fc.record({ path: paths, parents: flag, mode }).map(given => ({ ...given, url: 'file:///srv/fetched', sha256: createHash('sha256').update('fetched\n').digest('hex') })), download),
  ), { minLength: 3, maxLength: 9 })
  // What most of them need, so that not every playbook stops at its first task.
  const needed = fc.tuple(
    draw('group', fc.constant({ name: 'any-group' }), group), draw('user', fc.constant({ name: 'any-one' }), user), draw('user', fc.record({ name: fc.constant('any-two'), createHome: flag }), user),
    draw('directory', fc.record({ path: inside('d/e', 'd'), mode }), directory), draw('directory', fc.record({ path: inside('kept') }), directory),
    draw('systemdUnit', fc.record({ name: unitName, content: unitText }), systemdUnit), draw('systemdUnit', fc.record({ name: unitName, content: unitText }), systemdUnit),
  ).chain(all => fc.array(fc.constantFrom(true, true, true, false), { minLength: all.length, maxLength: all.length }).map(keep => all.filter((_, index) => keep[index])))
  return fc.tuple(needed, tasks).map(parts => parts.flat())
}
