import type { Play } from '../../../lib/index.ts'
import { archive } from '../../../modules/archive.ts'
import { command } from '../../../modules/command.ts'
import { download } from '../../../modules/download.ts'
import { generatedSecret } from '../../../modules/generated-secret.ts'
import { httpCheck } from '../../../modules/http-check.ts'
import { pipVenv } from '../../../modules/pip-venv.ts'
import { symlink } from '../../../modules/symlink.ts'
import { systemd } from '../../../modules/systemd.ts'
import { systemdUnit } from '../../../modules/systemd-unit.ts'
import { template } from '../../../modules/template.ts'
import { timer } from '../../../modules/timer.ts'
import { waitFor } from '../../../modules/wait-for.ts'

const venv = '/opt/notes/venv'

/** The application: a server of files in an environment of Python, which runs by itself and is tidied up by the clock. */
export function application({ task, handler, flushHandlers }: Play, pages: { archive: string; sha256: string }): void {
  const restart = handler('Restart the application', systemd({ unit: 'notes', state: 'restarted' }))
  const machine = task('What the machine is', command({ argv: ['uname', '-m'], reads: true }))
  task('Environment of Python', pipVenv({ path: venv, packages: ['six==1.16.0'] }), { notify: restart })
  task('Interpreter by a short name', symlink({ path: '/usr/local/bin/notes-python', target: `${venv}/bin/python3` }))
  task('Pages', archive({ path: '/opt/notes/pages', source: pages.archive, sha256: pages.sha256, strip: 1 }), { notify: restart })
  task('Licence', download({ url: 'file:///usr/share/common-licenses/BSD', path: '/opt/notes/LICENCE', sha256: '5d588eb3b157d52112afea935c88a7ff9efddc1e2d95a42c25d3b96ad9055008', mode: '0644' }))
  task('Secret of the sessions', generatedSecret({ path: '/etc/notes/session.secret', group: 'notes', mode: '0640' }), { notify: restart })
  task('Certificate', command({
    argv: ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '3650', '-subj', '/CN=notes', '-keyout', '/etc/notes/key.pem', '-out', '/etc/notes/cert.pem'],
    creates: '/etc/notes/cert.pem', umask: '0077',
  }))
  task('Settings', async () => template({ path: '/etc/notes/notes.conf', source: 'notes.conf.eta', vars: { machine: (await machine).stdout.trim(), database: 'notes' }, group: 'notes', mode: '0640' }), { notify: restart })
  task('Unit', systemdUnit({
    name: 'notes',
    sections: {
      Unit: { After: 'network.target postgresql.service' },
      Service: { User: 'notes', ExecStart: `${venv}/bin/python3 -m http.server --bind 127.0.0.1 --directory /opt/notes/pages 8000`, Restart: 'on-failure' },
      Install: { WantedBy: 'multi-user.target' },
    },
  }), { notify: restart })
  task('Memory of the application', systemdUnit({ name: 'notes', dropIn: 'memory', sections: { Service: { MemoryMax: '256M' } } }), { notify: restart })
  task('Old data goes every day', timer({ name: 'notes-tidy', schedule: 'daily', command: ['/usr/bin/find', '/var/lib/notes', '-name', '*.old', '-mtime', '+30', '-delete'], user: 'notes' }))
  flushHandlers()
  task('The application runs', systemd({ unit: 'notes', state: 'started', enabled: true }))
  task('The application listens', waitFor({ port: 8000, timeoutSeconds: 30 }))
  task('The application answers', httpCheck({ url: 'http://127.0.0.1:8000/', contains: 'html' }))
}
