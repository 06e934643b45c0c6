import { expect } from 'chai'
import { parseUnits } from '../../../lib/resources/unit-state.ts'

const output = (text: string, exitCode = 0) => ({ stdout: Buffer.from(text), stderr: '', exitCode })

describe('parseUnits', () => {
  it('[systemd 12] reads blocks without blank lines between them, and passes over lines that are no property', () => {
    const states = parseUnits(output('LoadState=loaded\nActiveState=active\nSubState=exited\nId=a.service\n-invalid-line==\nnonsense\nLoadState=not-found\nActiveState=inactive\nId=b.service\nLoadState=loaded\nActiveState=activating\nSubState=auto-restart\nId=c.service\n'), ['a', 'b', 'c'])
    expect(states.map(state => state && [state.id, state.running])).to.deep.equal([['a.service', true], null, ['c.service', false]])
  })
  it('[systemd 9] takes failed and inactive for stopped, deactivating for neither', () => {
    const running = (active: string) => parseUnits(output(`Id=a\nLoadState=loaded\nActiveState=${active}\nSubState=x\n`), ['a'])[0]?.running
    expect(['active', 'activating', 'reloading', 'failed', 'inactive', 'deactivating'].map(running)).to.deep.equal([true, true, true, false, false, 'deactivating'])
  })
  it('says that nothing is there where systemd is not installed, and fails where it cannot be asked', () => {
    expect(parseUnits(output('', 69), ['a'])).to.deep.equal([null])
    expect(() => parseUnits(output('', 1), ['a'])).to.throw('systemd could not be asked')
  })
})
