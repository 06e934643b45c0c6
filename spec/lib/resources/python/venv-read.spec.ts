import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { readVenvs, UNFINISHED } from '../../../../lib/resources/python/venv-read.ts'
import { inTemporaryDirectory } from '../../shell/local-session.ts'

describe('what is looked at of a virtual environment', () => {
  it('[fault 57, fault 69] distinguishes something else, an unfinished environment, and nothing at all', () => inTemporaryDirectory(async place => {
    const paths = ['none', 'empty', 'file', 'link', 'data', 'skeleton', 'interrupted'].map(name => `${place}/it's ${name}`)
    const [, empty = '', file = '', link = '', data = '', skeleton = '', interrupted = ''] = paths
    for (const directory of [empty, `${data}/lib/of/somebody`, `${skeleton}/bin`, `${skeleton}/lib/python3.11/site-packages`, `${interrupted}/${UNFINISHED}`]) mkdirSync(directory, { recursive: true })
    for (const each of [file, `${data}/lib/of/somebody/precious`]) writeFileSync(each, '')
    symlinkSync('/nowhere', link)
    symlinkSync('lib', `${skeleton}/lib64`)
    const reading = readVenvs(paths.map(path => ({ path, requirements: [], constraints: [], unwanted: [], files: { requirements: '', constraints: '' }, python: 'python3', systemSitePackages: false, pipOptions: [] })))
    const states = reading.parse({ stdout: execFileSync('sh', ['-c', reading.script.text]), stderr: '', exitCode: 0 })
    expect(states.map(state => (state instanceof Error ? state.message.replace(place, '') : state?.python ?? null))).to.deep.equal([
      null, null, "/it's file is not a directory.", "/it's link is a broken link.", "/it's data contains something other than a virtual environment: there is no pyvenv.cfg.",
      'unfinished (it has no pyvenv.cfg)', 'unfinished (a run was interrupted)',
    ])
  }))
})
