import { spawnSync } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { expect } from 'chai'
import { waitResource, type WaitKey } from '../../../../lib/resources/commands/wait.ts'
import { inTemporaryDirectory } from '../../shell/local-session.ts'

describe('waiting', () => {
  it('[fault 35] for a URL ends at once on a host without curl, and says so', () => inTemporaryDirectory(async place => {
    for (const tool of ['sh', 'date', 'sleep', 'base64', 'printf']) symlinkSync(`/usr/bin/${tool}`, `${place}/${tool}`)
    const key: WaitKey = { condition: { url: 'http://127.0.0.1:9/', method: 'GET', status: [200], headers: {}, requestTimeoutSeconds: 1, insecure: false, followRedirects: false }, timeoutSeconds: 15 }
    const run = (text: string) => spawnSync(`${place}/sh`, ['-c', text], { encoding: 'utf8', env: { PATH: place }, timeout: 14_000 })
    const startedAt = Date.now()
    expect(run(waitResource.apply(key, null, {}).script.text).status).to.equal(0)
    expect(Date.now() - startedAt).to.be.lessThan(10_000)
    const reading = waitResource.read([key])
    const { stdout, stderr, status } = run(reading.script.text)
    const [after] = reading.parse({ stdout: Buffer.from(stdout), stderr, exitCode: status ?? 255 })
    expect(waitResource.event?.verify(key, null, after instanceof Error || after === undefined ? null : after)).to.equal('curl is not installed on this host: install it with apt.')
  }))
})
