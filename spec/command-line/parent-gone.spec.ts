import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import { eventually } from '../helpers/eventually.ts'
import { ownCache } from '../helpers/own-cache.ts'
import { inOwnPlace } from '../helpers/own-place.ts'
import { published } from '../helpers/published-schema.ts'
import { playbookSource, Workspace } from './run-stead.ts'

const project = path.join(import.meta.dirname, '..', '..')

describe('a run whose npx is ended', function () {
  this.timeout(180_000)
  for (const { signal, command } of [
    { signal: 'SIGTERM', command: ['tsx', path.join(project, 'run.ts')] }, { signal: 'SIGKILL', command: ['tsx', path.join(project, 'run.ts')] },
    { signal: 'SIGTERM', command: ['stead'] }, { signal: 'SIGKILL', command: ['stead'] },
  ] as const) {
    it(`[fault 73] by ${signal} finishes the current step unseen, no more, and writes its report (npx ${command[0]})`, async () => {
      const workspace = new Workspace()
      const place = workspace.directory
      try {
        workspace.write('inventories/here.yml', 'all: { hosts: { here: { ansible_connection: local, ansible_become: false } } }\n')
        workspace.write('playbooks/slow.ts', playbookSource(`task('Slow', command({ argv: ['sh', '-c', 'echo >${place}/began; until [ -e ${place}/go ]; do sleep 0.1; done; echo >${place}/done'] }))
 task('Never', file({ path: '${place}/never' }))`))
        const [program = '', ...words] = inOwnPlace(['npx', ...command, path.join(place, 'playbooks/slow.ts'), '-i', path.join(place, 'inventories/here.yml'), '--report', path.join(place, 'report.json')])
        const npx = spawn(program, words, { cwd: project, stdio: 'ignore', env: { ...process.env, ...ownCache, CI: 'true' } })
        const ended = new Promise(resolve => npx.once('exit', resolve))
        await eventually(30, async () => readFileSync(path.join(place, 'began')), 100)
        npx.kill(signal)
        if (signal === 'SIGKILL') await ended
        // What is at work is not cut off: it is given time to notice, and then its step ends.
        await new Promise(resolve => setTimeout(resolve, 2000))
        writeFileSync(path.join(place, 'go'), '')
        await ended
        await eventually(30, async () => readFileSync(path.join(place, 'report.json')), 100)
        const { hosts } = published(JSON.parse(readFileSync(path.join(place, 'report.json'), 'utf8')))
        expect(hosts.here?.tasks.map(({ name, status }) => `${name}: ${status}`)).to.deep.equal(['Slow: change'])
        expect(['done', 'never'].map(name => existsSync(path.join(place, name)))).to.deep.equal([true, false])
      } finally {
        writeFileSync(path.join(place, 'go'), '')
        workspace.remove()
      }
    })
  }
})
