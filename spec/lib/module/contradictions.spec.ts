import { expect } from 'chai'
import fc from 'fast-check'
import { contradictions } from '../../../lib/module/contradictions.ts'
import { aptRepository } from '../../../modules/apt-repository.ts'
import { apt } from '../../../modules/apt.ts'
import { httpCheck } from '../../../modules/http-check.ts'
import { onionService } from '../../../modules/onion-service.ts'
import { postgresUser } from '../../../modules/postgres-user.ts'
import { torrc } from '../../../modules/torrc.ts'

describe('contradictions within one argument', () => {
  it('[fault 10] are exactly the entries that contradict the first of their kind', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2'))), entries => {
      const found = contradictions(entries, 'name', ([name]) => name, entry => entry.join()).map(({ index }) => index)
      const expected = entries.flatMap(([name, value], index) => (entries.find(([other]) => other === name)?.[1] === value ? [] : [index]))
      expect(found).to.deep.equal(expected)
    }))
  })

  it('[fault 10] are argument errors in every module that takes a list of named things, or names with several spellings', () => {
    const calls = {
      'packages.2': apt({ packages: ['nginx', 'tree', 'nginx=1.22.*', 'tree'] }),
      'fields.pdiffs': aptRepository({ name: 'x', uris: ['https://a.example'], suites: ['x'], components: ['main'], signedBy: '/k.asc', fields: { PDiffs: 'no', Pdiffs: 'yes' } }),
      'headers.accept': httpCheck({ url: 'http://127.0.0.1/', headers: { Accept: 'a', accept: 'b' } }),
      'ports.080': onionService({ name: 'web', ports: { 80: '127.0.0.1:1', '080': '127.0.0.1:2' } }),
      'config.Work_Mem': postgresUser({ name: 'x', config: { work_mem: '1MB', Work_Mem: '2MB' } }),
      'options.socksport': torrc({ name: 'x', options: { SocksPort: 1, socksport: 2 } }),
    }
    for (const [argument, call] of Object.entries(calls)) expect(call.issues.map(issue => issue.argument.toLowerCase()), argument).to.deep.equal([argument.toLowerCase()])
    expect(apt({ packages: ['nginx', 'nginx', 'libc6:amd64', 'libc6:arm64'] }).issues).to.deep.equal([])
  })
})
