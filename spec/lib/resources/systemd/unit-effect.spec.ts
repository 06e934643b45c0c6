import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import { restartOrReload } from '../../../../lib/resources/systemd/unit-effect.ts'
import { inTemporaryDirectory } from '../../shell/local-session.ts'

/** Runs it where systemctl knows two units by what is in files of their names, and calls of it are noted in the file `calls`. */
const happen = (event: 'restarted' | 'reloaded', after: string) => inTemporaryDirectory(directory => {
  const unit = "it's\\x2d@1.service"
  const systemctl = `case "$1 $*" in
*PropagatesReloadTo*|*ConsistsOf*) echo below.service;; "show "*Need*) :;; "show "*) shift 4; cat "$1";; status*|reset-failed*) :;; *) printf '%s|' "$@" >>calls; ${after};; esac`
  const state = 'ActiveState=active\nInvocationID=one\nMainPID=0\nCanReload=yes\nNRestarts=0\nType=notify\n'
  for (const [name, text] of Object.entries({ systemctl: `#!/bin/sh\n${systemctl}\n`, journalctl: '#!/bin/sh\n', [unit]: state, 'below.service': state })) writeFileSync(path.join(directory, name), text, { mode: 0o755 })
  const { stderr, status } = spawnSync('/bin/sh', ['-c', `${restartOrReload(event, unit).text}; c=$?; cat calls >&2; exit $c`], { encoding: 'utf8', cwd: directory, env: { PATH: `${directory}:/usr/bin:/bin` } })
  return Promise.resolve({ stderr, status })
})

describe('restarting and reloading units', () => {
  it('[fault 8] takes one call of systemctl, whatever the unit is called', async () => {
    expect(await happen('reloaded', ':')).to.deep.equal({ stderr: "reload-or-restart|--|it's\\x2d@1.service|", status: 0 })
  })
  it('[fault 8] is verified for the unit, and for those to which systemd passes it on', async () => {
    expect((await happen('reloaded', 'sed -i s/=active/=failed/ below.service')).stderr).to.contain('below.service does not run after it was reloaded')
    expect((await happen('restarted', 'sed -i s/=one/=two/ it*')).stderr).to.contain('below.service did not start again when it was restarted')
    expect((await happen('restarted', 'sed -i s/=one/=two/ *.service')).status).to.equal(0)
    expect((await happen('reloaded', 'sed -i s/=one/=two/ below.service')).stderr).to.contain('stead-note: below.service exited when it was reloaded')
  })
})
