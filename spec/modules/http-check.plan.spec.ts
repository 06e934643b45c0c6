import { expect } from 'chai'
import { httpCheck } from '../../modules/http-check.ts'
import { hostView, misuse, wantsOf, wrongArguments } from './plan-module.ts'

describe('http-check', () => {
  it('waits until the URL answers, a minute long', async () => {
    expect(wantsOf(await httpCheck({ url: 'http://127.0.0.1:8080/', contains: 'Welcome' }).plan(hostView()))).to.deep.equal([{
      resource: 'wait http://127.0.0.1:8080/', desired: {},
      key: { condition: { url: 'http://127.0.0.1:8080/', method: 'GET', headers: {}, status: [200], followRedirects: false, contains: 'Welcome', insecure: false, requestTimeoutSeconds: 10 }, timeoutSeconds: 60 },
    }])
  })

  it('finds every wrong argument at once', () => {
    expect(wrongArguments(misuse(httpCheck, { url: 'example.org', status: 42, socks: '9050', timeoutSeconds: 0, expect: 1 }))).to.deep.equal(['arguments', 'socks', 'status', 'timeoutSeconds', 'url'])
  })
})
