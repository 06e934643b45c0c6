import { expect } from 'chai'
import { installed } from '../../../../lib/resources/python/installed.ts'

describe('what is installed', () => {
  it('of an egg needs what its requires.txt says, section by section, where the metadata says nothing', () => {
    const egg = ['/v/old.egg-info/requires.txt', 'Q six>=1', 'Q ', 'Q [:python_version < "3"]', 'Q enum34', 'Q ', 'Q [fast:os_name == "posix"]', 'Q cython', 'Q [docs]', 'Q # none', 'Q sphinx @ https://h/s.whl']
    const { distributions } = installed(['P own', '/v/old.egg-info/PKG-INFO', 'N old', 'V 1.0', '/v/new.egg-info/PKG-INFO', 'N new', 'V 2', 'R attrs', ...egg, '/v/new.egg-info/requires.txt', 'Q never'])
    expect(distributions).to.deep.equal([
      { name: 'old', version: '1.0', requires: ['six>=1', 'enum34 ; (python_version < "3")', 'cython ; (os_name == "posix") and extra == "fast"', 'sphinx @ https://h/s.whl ; extra == "docs"'] },
      { name: 'new', version: '2', requires: ['attrs'] },
    ])
  })

  it('is the environment\'s own or the system\'s', () => {
    const { distributions, own } = installed(['P own', '/v/A_b-1.dist-info/METADATA', 'N A_b', 'V 1', 'P system', '/usr/c-2.egg-info', 'N c', 'V 2'])
    expect(distributions.map(({ name }) => name)).to.deep.equal(['A_b', 'c'])
    expect([...own]).to.deep.equal(['a-b'])
  })
})
