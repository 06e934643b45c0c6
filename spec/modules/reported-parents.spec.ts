import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { expect } from 'chai'
import type { ModuleCall } from '../../lib/resource.ts'
import { archive } from '../../modules/archive.ts'
import { blockInFile } from '../../modules/block-in-file.ts'
import { command } from '../../modules/command.ts'
import { directory } from '../../modules/directory.ts'
import { download } from '../../modules/download.ts'
import { file } from '../../modules/file.ts'
import { generatedSecret } from '../../modules/generated-secret.ts'
import { lineInFile } from '../../modules/line-in-file.ts'
import { symlink } from '../../modules/symlink.ts'
import { template } from '../../modules/template.ts'
import { runOver } from '../lib/run/local-run.ts'
import { inTemporaryDirectory, privateConnect } from '../lib/shell/local-session.ts'

/** Every module that puts something at a path, asked for one whose parents are missing. */
const modules: Record<string, (at: string, place: string) => ModuleCall<unknown>> = {
  'archive': (at, place) => archive({ path: at, source: `${place}/a.tar` }),
  'block-in-file': at => blockInFile({ path: at, block: 'x', create: true }),
  'block-in-file without create': at => blockInFile({ path: at, block: 'x' }),
  'command': at => command({ argv: ['sh', '-c', 'echo >"$1"', 'sh', '%s'], creates: { path: at, beside: true, empty: false } }),
  'directory': at => directory({ path: at }),
  'download': (at, place) => download({ path: at, url: `file://${place}/x.eta`, sha256: '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881', parents: true }),
  'file': at => file({ path: at, content: 'x', parents: true }),
  'file without parents': at => file({ path: at, content: 'x' }),
  'generated-secret': at => generatedSecret({ path: at }),
  'line-in-file': at => lineInFile({ path: at, line: 'x', create: true }),
  'symlink': at => symlink({ path: at, target: 'x', parents: true }),
  'symlink without parents': at => symlink({ path: at, target: 'x' }),
  'template': (at, place) => template({ path: at, source: `${place}/x.eta`, parents: true }),
}

describe('no module makes a directory or an owner that it does not report', () => {
  for (const [name, call] of Object.entries(modules)) {
    it(`[fault 19] ${name}: directories created above a path are in the report of check and run, or nothing is created`, () => inTemporaryDirectory(async place => {
      mkdirSync(`${place}/new`)
      writeFileSync(`${place}/x.eta`, 'x')
      execFileSync('tar', ['-C', place, '-cf', `${place}/a.tar`, 'x.eta'])
      const at = `${place}/new/one/two/three`
      const run = (check: boolean) => runOver(privateConnect(`${place}/host`), ({ task }) => void task('it', call(at, place)), { check })
      const check = await run(true)
      const { tasks: [task] } = await run(false)
      const made = readdirSync(`${place}/new`, { recursive: true, encoding: 'utf8' }).map(found => `${place}/new/${found}`).filter(found => !found.startsWith(`${at}/`)).sort()
      if (task?.status === 'failed') {
        expect(made).to.deep.equal([])
        return
      }
      const reported = (task?.changes ?? []).map(({ resource }) => /\[(.*)\]$/.exec(resource)?.[1])
      expect(reported.sort()).to.deep.equal(made)
      expect(check.tasks[0]?.changes.map(({ resource }) => /\[(.*)\]$/.exec(resource)?.[1]).sort()).to.deep.equal(made)
      for (const above of made.filter(each => each !== at)) {
        expect(task?.changes.find(({ resource }) => resource === `file[${above}]`)?.diff).to.contain('owner: (none) → root').and.contain('mode: (none) → 0755')
        expect([statSync(above).uid, (statSync(above).mode & 0o7777).toString(8)]).to.deep.equal([userInfo().uid, '755'])
      }
    }))
  }
})
