import { createServer, type Server } from 'node:http'
import { expect } from 'chai'
import { checksumFrom, checksumList } from '../../../lib/module/checksums.ts'

describe('a list of checksums', () => {
  let server: Server
  let asked = 0
  let url = ''

  before(async () => {
    server = createServer((request, response) => {
      asked += 1
      response.statusCode = request.url === '/SHA256SUMS' ? 200 : 404
      response.end(`${'a'.repeat(64)}  ./app.tar.gz\n`)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (typeof address === 'object' && address) url = `http://127.0.0.1:${address.port}`
  })

  after(() => new Promise(resolve => server.close(resolve)))

  it('[archive 3] is downloaded from a URL, once for all hosts of a run', async () => {
    const [one, other] = await Promise.all([checksumList(`${url}/SHA256SUMS`), checksumList(`${url}/SHA256SUMS`)])
    expect([checksumFrom(one, 'app.tar.gz'), checksumFrom(other, 'app.tar.gz')]).to.deep.equal(['a'.repeat(64), 'a'.repeat(64)])
    expect(asked).to.equal(1)
  })

  it('[archive 3] that the server does not have is an error with the server\'s answer', async () => {
    const failure = await checksumList(`${url}/gone`).then(() => 'it was fetched', String)
    expect(failure).to.include(`The checksums cannot be downloaded from ${url}/gone: the server answered 404`)
  })

  it('[archive 3] can be given as text', async () => {
    expect(checksumFrom(await checksumList(`${'b'.repeat(64)} *app.zip\n`), 'app.zip')).to.equal('b'.repeat(64))
  })
})
