import { expect } from 'chai'
import { unitsOfFile } from '../../../../lib/resources/systemd/unit-foretold.ts'
import { Content } from '../../../../lib/state/content.ts'
import type { State } from '../../../../lib/state/resource.ts'

const written = (path: string, text: string) => unitsOfFile(path, { type: 'file', content: Content.of(text) }, null)
const path = '/etc/systemd/system/a.service'

/** What becomes of a unit that is there, by its state at boot. */
function atBoot(text: string, now: string): unknown {
  const found = written(path, text).find(({ change }) => change)
  const state: State = found?.change?.({ enabled: now, running: true }) ?? {}
  return state.enabled
}

describe('what becomes of a unit whose file is written', () => {
  it('a new one is there, does not run, and can be enabled where its file says how', () => {
    const state = (text: string) => written(path, text)[0]?.state
    expect(state('[Service]\nExecStart=/bin/true\n')).to.include({ id: 'a.service', running: false, enabled: 'static', ends: false })
    expect(state('[Service]\nType=oneshot\n[Install]\nWantedBy=multi-user.target\n')).to.include({ enabled: 'disabled', ends: true })
    expect(state('[Service]\nType=oneshot\nRemainAfterExit=yes\n')).to.include({ ends: false })
  })

  it('one that is there stays as it is at boot, but that a static one can be enabled once its file says how', () => {
    const install = '[Install]\nWantedBy=multi-user.target\n'
    expect([atBoot(install, 'static'), atBoot(install, 'enabled'), atBoot('', 'enabled'), atBoot(install, 'masked')]).to.deep.equal(['disabled', 'enabled', 'enabled', 'masked'])
  })

  it('one whose file says so no more may have it from a drop-in', () => {
    const states = (before: string) => unitsOfFile(path, { type: 'file', content: Content.of('[Service]\n') }, { type: 'file', content: Content.of(before) }).map(({ state }) => state)
    expect(states('[Install]\nWantedBy=multi-user.target\n')).to.include('unsure')
    expect(states('[Unit]\n')).not.to.include('unsure')
  })

  it('is not told of what is removed, brings others along, or is not known', () => {
    const unsure = [{ kind: 'unit', identity: 'a.service', state: 'unsure' }]
    expect(unitsOfFile(path, null, null)).to.deep.equal(unsure)
    expect(written(path, '[Install]\nAlso=b.socket\n')).to.deep.equal(unsure)
    expect(unitsOfFile(path, { type: 'file', content: Content.known('00', 3) }, null)).to.deep.equal(unsure)
    expect(unitsOfFile(path, { type: 'link' }, null)).to.deep.equal(unsure)
  })

  it('a drop-in matters only where it says how the unit starts', () => {
    const dropIn = '/etc/systemd/system/a.service.d/x.conf'
    expect(written(dropIn, '[Service]\nMemoryMax=1G\n')).to.deep.equal([])
    expect(written(dropIn, '[Service]\nType=oneshot\n')).to.deep.equal([{ kind: 'unit', identity: 'a.service', state: 'unsure' }])
    expect(unitsOfFile(dropIn, null, null)).to.deep.equal([{ kind: 'unit', identity: 'a.service', state: 'unsure' }])
  })

  it('other files are not units', () => {
    expect([written('/etc/systemd/system/a@.service', ''), written('/etc/systemd/a.service', ''), written('/etc/systemd/system/a.wants/b.service', '')]).to.deep.equal([[], [], []])
  })
})
