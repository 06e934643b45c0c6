import { expect } from 'chai'
import { parseReverseProvides } from '../../../../lib/resources/apt/policy.ts'

const provided = (...lines: string[]) => parseReverseProvides(`Package: x\nProvides: \nReverse Provides: \n${lines.join('\n')}\n`)

describe('what provides a virtual package', () => {
  it('is one package where it does so for foreign architectures too, and two where two do', () => {
    expect(provided('walker 1 (= )', 'walker:i386 1 (= )')).to.deep.equal({ 'walker 1': null })
    expect(provided('walker 1 (= )', 'rider:i386 1 (= )', 'walker 2 (= )')).to.deep.equal({ 'rider:i386 1': null, 'walker 1': null, 'walker 2': null })
  })

  it('[fault 46] has a version of its own if the package says so', () => {
    expect(provided('thing 1 (= 3)', 'other 2 (= )')).to.deep.equal({ 'other 2': null, 'thing 1': '3' })
  })
})
