import { expect } from 'chai'
import { cgroupRoot, hasCgroupV1 } from '../../lab/cgroup.ts'
import { loadLabInventory } from '../../lab/inventory-file.ts'
import { lab } from '../../lab/inventory.ts'
import { parseMountinfo } from '../../lab/mounts.ts'
import { showProgress } from '../../lab/progress.ts'

describe('lab: what it says while it works', () => {
  const shown = (environment: NodeJS.ProcessEnv, terminal = {}): string => {
    let text = ''
    const progress = showProgress(environment, { isTTY: false, ...terminal, write: (some) => { text += some } })
    progress.step('booting a')
    progress.step('booting a')
    progress.note('installing tor')
    progress.end()
    return text
  }

  it('is one plain line for each step without a terminal', () => { expect(shown({})).to.equal('lab: booting a\nlab: installing tor\n') })
  it('is plain on a terminal that has no width', () => { expect(shown({}, { isTTY: true, columns: 0 })).to.equal('lab: booting a\nlab: installing tor\n') })
  it('is only what someone must know in CI', () => { expect(shown({ CI: 'true' })).to.equal('lab: installing tor\n') })
})

describe('lab: what it reads of the kernel', () => {
  const hybrid = '30 25 0:26 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n31 25 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n'

  it('finds cgroup2 next to version 1 and alone', () => {
    expect([cgroupRoot(hybrid), hasCgroupV1(hybrid)]).to.deep.equal(['/sys/fs/cgroup/unified', true])
    const pure = '30 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n'
    expect([cgroupRoot(pure), hasCgroupV1(pure)]).to.deep.equal(['/sys/fs/cgroup', false])
    expect(cgroupRoot('30 25 0:26 / / rw - ext4 /dev/vda rw\n')).to.equal(undefined)
  })

  it('reads mounts, blanks in paths included', () => {
    expect(parseMountinfo('36 35 0:30 / /a\\040b rw,relatime shared:1 - overlay overlay rw,lowerdir=/x\n'))
      .to.deep.equal([{ point: '/a b', type: 'overlay', options: 'rw,lowerdir=/x' }])
  })
})

describe('lab: inventories', () => {
  it('have Ansible\'s shape, one address a host, and what starts them', () => {
    const inventory = lab({ hosts: { one: { groups: ['x', 'y'], vars: { answer: 42 } }, two: { groups: ['x'] } } })
    const { x, y } = inventory.all.children
    expect(Object.keys(x?.hosts ?? {})).to.deep.equal(['one', 'two'])
    expect(y?.hosts['one']).to.include({ ansible_port: 22, ansible_user: 'root', answer: 42 })
    expect(x?.hosts['one']?.['ansible_host']).to.match(/^10\.\d+\.\d+\.\d+$/).and.not.equal(x?.hosts['two']?.['ansible_host'])
    expect(inventory.start).to.be.a('function')
  })

  it('are found by name and by path, and an unknown one is reported with what is allowed', async () => {
    for (const name of ['lab', 'inventories/lab.ts']) expect(Object.keys((await loadLabInventory(name)).all.children)).to.deep.equal(['homeservers'])
    const thrown = await loadLabInventory('nowhere').catch((error: unknown) => error)
    expect(String(thrown)).to.match(/There is no inventory "nowhere".*Allowed are/)
  })
})
