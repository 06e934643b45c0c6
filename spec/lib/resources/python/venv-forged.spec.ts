import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import { venvResource } from '../../../../lib/resources/python/venv.ts'
import { inTemporaryDirectory, withSession } from '../../shell/local-session.ts'

describe('the environments of several users', () => {
  it('[fault 1] are kept apart even if a user creates malicious names in one of them', () => inTemporaryDirectory(directory => withSession(async session => {
    const keyOf = (name: string) => ({
      path: path.join(directory, name), requirements: [], constraints: [], unwanted: [], files: { requirements: '', constraints: '' }, python: 'python3', systemSitePackages: false, pipOptions: [],
    })
    const forged = path.join(directory, 'hostile', 'lib', 'python3.11', 'site-packages', 'x\n=venv y\nversion 3.11.2\nruns python3.11\n.dist-info')
    mkdirSync(forged, { recursive: true })
    for (const file of ['METADATA', 'direct_url.json', 'RECORD']) writeFileSync(path.join(forged, file), 'Name: x\nVersion: 1\n')
    writeFileSync(path.join(directory, 'hostile', 'pyvenv.cfg'), 'home = /usr/bin\nversion = 3.11.2\n')
    const reading = venvResource.read([keyOf('hostile'), keyOf('absent')])
    const [output] = await session.read([{ script: reading.script }])
    expect(output?.stdout.toString(), 'the name is in the answer').to.include('\n=venv y\n')
    if (output) expect(reading.parse(output)[1]).to.equal(null)
  })))
})
