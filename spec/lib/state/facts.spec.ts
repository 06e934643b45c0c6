import { execFileSync } from 'node:child_process'
import { cpus, hostname, totalmem } from 'node:os'
import { expect } from 'chai'
import { factsScript, FactsNotKnown, parseFacts, playbookHost } from '../../../lib/state/facts.ts'

const host = { name: 'web1', address: '192.0.2.1', groups: ['web'] }

// As a lab host with Debian 12 printed them.
const printed = 'debian\n12\nbookworm\nsynapse 6.1.0-28-amd64 x86_64\n8148372\n2\n20103086 4096\n1763943000\n'

describe('facts', () => {
  it('are read from what a host prints', () => {
    expect(parseFacts({ stdout: Buffer.from(printed), stderr: '', exitCode: 0 })).to.deep.equal({
      os: { id: 'debian', version: '12', codename: 'bookworm' }, kernel: '6.1.0-28-amd64', architecture: 'x86_64', hostname: 'synapse',
      memoryBytes: 8148372 * 1024, cores: 2, diskFreeBytes: 20103086 * 4096, clock: 1763943000,
    })
  })

  it('are right for this machine', () => {
    const facts = parseFacts({ stdout: execFileSync('sh', ['-c', factsScript.text]), stderr: '', exitCode: 0 })
    expect(facts.hostname).to.equal(hostname())
    expect(facts.cores).to.be.within(1, cpus().length)
    expect(facts.memoryBytes).to.be.closeTo(totalmem(), totalmem() / 10)
    expect(facts.clock).to.be.closeTo(Date.now() / 1000, 60)
    expect(facts.diskFreeBytes).to.be.above(0)
    expect(facts.os.id).to.match(/^[a-z]+$/)
  })

  it('leave absent lines of os-release empty, and the others in their places', () => {
    const facts = parseFacts({ stdout: execFileSync('sh', ['-c', factsScript.text.replace('. /etc/os-release', 'ID=arch; VERSION_ID=; VERSION_CODENAME=')]), stderr: '', exitCode: 0 })
    expect([facts.os, facts.hostname]).to.deep.equal([{ id: 'arch', version: '', codename: '' }, hostname()])
  })

  it('cannot be looked at before the host was asked, unlike name and groups', () => {
    const unknown = playbookHost(host, () => undefined)
    expect([unknown.name, unknown.address, unknown.groups]).to.deep.equal(['web1', '192.0.2.1', ['web']])
    for (const fact of ['os', 'kernel', 'architecture', 'hostname', 'memoryBytes', 'cores', 'diskFreeBytes', 'clock'] as const) {
      expect(() => unknown[fact]).to.throw(FactsNotKnown, fact)
    }
  })
})
