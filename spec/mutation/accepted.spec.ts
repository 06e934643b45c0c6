import { existsSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import { readAccepted } from '../../mutation/accepted.ts'
import { project } from '../../mutation/copy.ts'

describe('docs/mutants.yml', () => {
  it('can be read, and names files that exist', () => {
    const accepted = readAccepted()
    expect(accepted).to.have.length.above(50)
    expect(accepted.map(({ file }) => file).filter(file => !existsSync(path.join(project, file)))).to.deep.equal([])
  })
})
