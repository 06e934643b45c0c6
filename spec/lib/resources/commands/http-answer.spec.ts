import { spawn } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import fc from 'fast-check'
import { httpAnswer, jsonProblem, type HttpCondition } from '../../../../lib/resources/commands/http-answer.ts'

describe('answers of a URL', function () {
  this.timeout(180_000)
  let server: Server
  let port = 0
  /** Gives back what it was sent: method, header and body; /status/N answers N. */
  before(done => {
    server = createServer((request, response) => void text(request).then(body => {
      response.writeHead(Number(/\/status\/(\d+)/.exec(request.url ?? '')?.[1] ?? 200), { 'Content-Type': 'text/plain' })
      if (request.url === '/large') return void response.end(`begins so${'x'.repeat(1_500_000)}`)
      if (request.url === '/larger') return void response.end(`begins so${'x'.repeat(2_500_000)}`)
      response.end(`${request.method ?? ''} ${String(request.headers['x-spec'])}\n${body}`)
    })).listen(0, '127.0.0.1', () => {
      const address = server.address()
      port = typeof address === 'object' && address ? address.port : 0
      done()
    })
  })
  after(done => void server.close(done))

  /** Asks as a host does. */
  async function ask(path: string, more: Partial<HttpCondition> = {}) {
    const condition: HttpCondition = { url: `http://127.0.0.1:${port}${path}`, method: 'GET', headers: {}, status: [200], requestTimeoutSeconds: 5, ...more }
    const child = spawn('sh', ['-c', httpAnswer(condition).text], { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = new Promise<number | null>(resolve => child.once('close', resolve))
    const printed = await text(child.stdout)
    return { printed, status: await ended }
  }

  it('contain exactly what was sent, whatever it is (property)', async () => {
    const sent = fc.string({ unit: fc.constantFrom(...'ab @\'"$`\\%&=*?#;|!{}é'), maxLength: 9 })
    await fc.assert(fc.asyncProperty(sent, sent, async (header, body) => {
      const { printed, status } = await ask('/', { method: 'PUT', headers: { 'X-Spec': `.${header}.` }, body })
      expect([status, Buffer.from(printed).toString()]).to.deep.equal([0, `PUT .${Buffer.from(header).toString('latin1')}.\n${body}`])
    }), { numRuns: 20 })
  })

  it('match any of the accepted statuses, and contain the text literally', async () => {
    expect((await ask('/status/404', { status: [200, 404] })).status).to.equal(0)
    expect(await ask('/status/500')).to.deep.include({ status: 1 }).and.have.property('printed').that.matches(/500\n$/)
    expect((await ask('/', { contains: 'GET und' })).status).to.equal(0)
    expect(await ask('/', { contains: 'G*T' })).to.deep.equal({ status: 1, printed: 'status 200, without the expected text\n' })
  })

  it('are searched completely up to 2 MB; of larger ones only the end, and the message says so', async () => {
    expect((await ask('/large', { contains: 'begins so' })).status).to.equal(0)
    expect(await ask('/larger', { contains: 'begins so' })).to.deep.equal({ status: 1, printed: 'status 200, without the expected text in the last 2 MB, the only part that is searched\n' })
  })

  it('are found in JSON by a path', () => {
    const answer = JSON.stringify({ versions: ['v1.11'], unstable: { 'a.b': true, none: null }, count: 0 })
    for (const [path, equals] of [['versions[0]', 'v1.11'], ['unstable."a.b"', true], ['unstable.none', null], ['count', 0], ['versions', undefined]] as const) expect(jsonProblem(answer, { path, equals }), path).to.equal(undefined)
    expect(jsonProblem(answer, { path: 'versions[0]', equals: 'v1.12' })).to.equal('versions[0] is "v1.11"')
    for (const path of ['versions[1]', 'unstable.a', 'constructor', 'versions[0].length.x', '__proto__']) expect(jsonProblem(answer, { path }), path).to.equal(`the answer has no ${path}`)
    expect(jsonProblem('<html>', { path: 'a' })).to.equal('not valid JSON: <html>')
  })
})
