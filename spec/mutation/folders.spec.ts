import { expect } from 'chai'
import { folders, specsOf } from '../../mutation/folders.ts'
import { groupOf } from '../helpers/spec-groups.ts'

describe('the specs that are asked of mutants', () => {
  it('are those of the folder first, and none that would start or end hosts', () => {
    expect(specsOf('lib/shell')[0]).to.include.members(['spec/lib/shell/shell.spec.ts', 'spec/lib/shell/start.spec.ts']).and.not.include('spec/lib/shell/login-shells.spec.ts')
    expect(groupOf('spec/lib/shell/login-shells.spec.ts')).to.equal('shared hosts')
    for (const folder of folders) for (const file of specsOf(folder).flat()) expect(groupOf(file), file).to.be.oneOf(['no hosts', 'whole runs'])
  })
})
