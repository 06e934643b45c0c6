import { writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { choosePlay, prepare, type Choose } from '../../../lib/run/open-host.ts'
import { contradictions } from '../../../lib/check/contrary.ts'
import { secret } from '../../../lib/secret/secret.ts'
import { playbook, type Play } from '../../../lib/playbook/playbook.ts'
import { archive } from '../../../modules/archive.ts'
import { authorizedKey } from '../../../modules/authorized-key.ts'
import { blockInFile } from '../../../modules/block-in-file.ts'
import { command } from '../../../modules/command.ts'
import { directory } from '../../../modules/directory.ts'
import { file } from '../../../modules/file.ts'
import { generatedSecret } from '../../../modules/generated-secret.ts'
import { hostname } from '../../../modules/hostname.ts'
import { lineInFile } from '../../../modules/line-in-file.ts'
import { onionService } from '../../../modules/onion-service.ts'
import { symlink } from '../../../modules/symlink.ts'
import { sysctl } from '../../../modules/sysctl.ts'
import { systemd } from '../../../modules/systemd.ts'
import { user } from '../../../modules/user.ts'
import { inTemporaryDirectory } from '../shell/local-session.ts'

/** What tasks say against each other: mistakes, and notes with a question mark before them. */
async function contrary(tasks: (play: Play) => void, choose: Choose = () => true): Promise<string[]> {
  const { play } = prepare(playbook({ name: 'Spec', hosts: 'all', tasks }), { name: 'here', address: '127.0.0.1', groups: [] }, {})
  if (!play) throw new Error('it was not laid out')
  const chosen = await choosePlay(play, choose)
  expect(chosen.mistakes.map(String)).to.deep.equal([])
  const { mistakes, notes } = await contradictions(chosen.play, chosen.asked)
  return [...mistakes.map(({ message }) => message), ...notes.map(note => `? ${note}`)]
}
const pair = (...calls: Parameters<Play['task']>[1][]) => contrary(({ task }) => calls.forEach((call, index) => void task('AB'[index] ?? 'C', call)))
const sum = 'a'.repeat(64)

describe('Tasks that undo each other on every run', () => {
  it('[fault 16] are an error that names both tasks and both values, whatever they are about', async () => {
    const cases: [string, Parameters<Play['task']>[1], Parameters<Play['task']>[1]][] = [
      ['file[/srv/x]: mode "0644" and "0600"', file({ path: '/srv/x', content: 'a', mode: '0644' }), file({ path: '/srv/x', mode: '0600' })],
      ['file[/srv/x]: content "a\\n" and "b\\n"', file({ path: '/srv/x', content: 'a\n' }), () => file({ path: '/srv/x', content: 'b\n' })],
      ['file[/srv/x]: content <secret> and "b"', file({ path: '/srv/x', content: secret('contrary-secret') }), file({ path: '/srv/x', content: 'b' })],
      ['file[/srv/x]: content "port 1\\n" and "port 2\\n"', file({ path: '/srv/x', content: 'port 1\n' }), lineInFile({ path: '/srv/x', pattern: /^port/, line: 'port 2' })],
      ['file[/srv/x]: owner "bob" and "root"', directory({ path: '/srv/x', owner: 'bob' }), directory({ path: '/srv/x', owner: 'root' })],
      ['file[/srv/x]: mode "0750" and "0755"', directory({ path: '/srv/x', mode: '0750' }), archive({ path: '/srv/x', url: 'https://example.org/a.tar', sha256: sum })],
      ['file[/srv/x]: owner "root" and "www-data"', archive({ path: '/srv/x', url: 'https://example.org/a.tar', sha256: sum }), directory({ path: '/srv/x', owner: 'www-data' })],
      ['file[/srv/x]: mode "0640" and "0600"', generatedSecret({ path: '/srv/x', mode: '0640' }), file({ path: '/srv/x', mode: '0600' })],
      ['file[/srv/x]: target "/a" and "/b"', symlink({ path: '/srv/x', target: '/a' }), symlink({ path: '/srv/x', target: '/b' })],
      ['unit[x.service]: enabled "enabled" and "disabled"', systemd({ unit: 'x', enabled: true }), systemd({ unit: 'x.service', enabled: false })],
      ['unit[x.service]: running true and false', systemd({ unit: 'x', state: 'started' }), systemd({ unit: 'x', state: 'stopped' })],
      ['hostname[/etc/hostname]: running "a" and "b"', hostname({ name: 'a' }), hostname({ name: 'b' })],
      ['user[bob]: shell "/bin/sh" and "/bin/bash"', user({ name: 'bob', shell: '/bin/sh' }), user({ name: 'bob', shell: '/bin/bash' })],
      ['sysctl[vm.swappiness]: value "10" and "20"', sysctl({ name: 'vm.swappiness', value: '10' }), sysctl({ name: 'vm.swappiness', value: '20' })],
    ]
    for (const [told, one, other] of cases) expect(await pair(one, other), told).to.deep.include(`"A" and "B" contradict each other about ${told}.`)
  })

  it('[fault 16] are not tasks that say the same, or different things, or create a directory above', async () => {
    const cases: Parameters<Play['task']>[1][][] = [
      [file({ path: '/srv/x', content: 'a', mode: '0644' }), file({ path: '/srv/x', owner: 'root' }), file({ path: '/srv/x', mode: '644' })],
      [file({ path: '/srv/a/b', content: 'x', parents: true }), directory({ path: '/srv/a', mode: '0700', owner: 'bob' })],
      [directory({ path: '/srv/a', mode: '0700', owner: 'bob' }), file({ path: '/srv/a/b', content: 'x', parents: true })],
      [file({ path: '/srv/x', content: 'port 2\nhost a\n' }), lineInFile({ path: '/srv/x', pattern: /^port/, line: 'port 2' })],
      [lineInFile({ path: '/srv/x', line: 'a', create: true }), lineInFile({ path: '/srv/x', line: 'b', create: true }), blockInFile({ path: '/srv/x', block: 'c', marker: '# {mark} one' }), blockInFile({ path: '/srv/x', block: 'd', marker: '# {mark} two' })],
      [user({ name: 'bob', shell: '/bin/sh' }), authorizedKey({ user: 'bob', keys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKO5dDgdRIRkvEDBjtBSx6I7R6LUpGqyzvHfo4mvCRHN one'] }), authorizedKey({ user: 'bob', keys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKO5dDgdRIRkvEDBjtBSx6I7R6LUpGqyzvHfo4mvCRHM two'] })],
      [directory({ path: '/srv/x' }), archive({ path: '/srv/x', url: 'https://example.org/a.tar', sha256: sum }), directory({ path: '/srv/x', mode: '0755', owner: 'root' })],
      [systemd({ unit: 'x', enabled: true }), systemd({ unit: 'x', state: 'started' })],
      [user({ name: 'bob', groups: ['a'], append: true }), user({ name: 'bob', groups: ['b'], append: true })],
      [command({ argv: ['touch', '/srv/x'], creates: '/srv/x' }), file({ path: '/srv/x', mode: '0600' })],
    ]
    for (const [index, calls] of cases.entries()) expect(await pair(...calls), `case ${index}`).to.deep.equal([])
  })

  it('[fault 16] are a note if one creates what the other removes, which may be intended', async () => {
    expect(await pair(file({ path: '/srv/x', state: 'absent' }), file({ path: '/srv/x', content: 'a' }))).to.deep.equal(['? "A" removes file[/srv/x] and "B" creates it, so each run does both.'])
    expect(await pair(file({ path: '/srv/x', content: 'a' }), file({ path: '/srv/x', state: 'absent' }))).to.deep.equal(['? "B" removes file[/srv/x] and "A" creates it, so each run does both.'])
    expect(await pair(file({ path: '/srv/x', state: 'absent' }), file({ path: '/srv/y', state: 'absent' }))).to.deep.equal([])
  })

  it('[fault 16] are reported only if both certainly run: not for handlers, a `when`, tags that skip one, tasks that are never applied, or results', async () => {
    const one = file({ path: '/srv/x', mode: '0600', content: 'a' })
    const other = file({ path: '/srv/x', mode: '0644' })
    const said = '"A" and "B" contradict each other about file[/srv/x]: mode "0600" and "0644".'
    expect(await contrary(({ task }) => { task('A', one); task('B', other, { when: () => true }) })).to.deep.equal([said])
    for (const when of [() => false, async () => Promise.resolve(false)]) expect(await contrary(({ task }) => { task('A', one); task('B', other, { when }) })).to.deep.equal([])
    expect(await contrary(({ task, host }) => { task('A', one); task('B', other, { when: () => host.cores > 1 }) })).to.deep.equal([])
    expect(await contrary(({ task, host }) => { task('A', one); task('B', () => file({ path: '/srv/x', mode: host.cores > 1 ? '0644' : '0600' })) })).to.deep.equal([])
    expect(await contrary(({ task, handler }) => { task('A', one, { notify: handler('B', file({ path: '/srv/x', mode: '0644' })) }) })).to.deep.equal([])
    expect(await contrary(({ task }) => { task('A', one); task('B', other, { checkMode: true }) })).to.deep.equal([])
    expect(await contrary(({ task }) => { task('A', one); task('B', other, { tags: ['never'] }) }, ({ options: { tags = [] } }) => !tags.includes('never'))).to.deep.equal([])
    expect(await contrary(({ task }) => {
      const onion = task('onion', onionService({ name: 'x', ports: { 80: '127.0.0.1:80' } }))
      task('A', file({ path: '/srv/x', content: 'a' }))
      task('B', async () => file({ path: '/srv/x', content: (await onion).hostname }))
    })).to.deep.equal([])
  })

  it('[fault 16] are reported for each adjacent pair, in a list of any length', async () => {
    const told = await contrary(({ task }) => ['0600', '0640', '0644'].forEach(mode => void task(mode, file({ path: '/srv/x', content: 'a', mode }))))
    expect(told).to.deep.equal(['0600" and "0644', '0600" and "0640', '0640" and "0644'].map(names => `"${names}" contradict each other about file[/srv/x]: mode "${names}".`))
  })

  it('[fault 16] are not reported for tasks that cannot be planned without a host', () => inTemporaryDirectory(async place => {
    writeFileSync(`${place}/a.tar`, '')
    expect(await pair(file({ path: '/srv/x', content: 'a' }), directory({ path: '/srv/x', mode: '0700' }))).to.deep.equal([])
  }))
})
