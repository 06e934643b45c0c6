import { expect } from 'chai'
import fc from 'fast-check'
import { fingerprint, knownKeyTypes, judgeHostKey, parseKnownHosts } from '../../../lib/transport/known-hosts.ts'

// Keys, fingerprints and hashed lines were made by OpenSSH's ssh-keygen (-t, -lf, -H); the private keys are gone.
const ed25519 = 'AAAAC3NzaC1lZDI1NTE5AAAAIMNXHa71eZ9er2lnIkDUlQZL1glHSn/j2UMwi45yIr6p'
const other25519 = 'AAAAC3NzaC1lZDI1NTE5AAAAI' + 'MNXHa71eZ9er2lnIkDUlQZL1glHSn/j2UMwi45yIr6q'
const ecdsa = 'AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBOxHjzSZosv3ip3S82zlR1YZ0iY9T4mWtAPux4dcEMJyCaU72RBaKgedrwGsLR7jRkSkrLm9I8UC3GrWNVGh0O4='
const hashed = [
  `|1|Kk+6/wob33ZeVk0xxajc5eV+1lU=|3S73AKRNqg5qbCN70yGjRe+eRWo= ssh-ed25519 ${ed25519} `,
  `|1|DvMdl/NmGV6+cFeNeNulBpUY/yk=|wVEEFbGlIfiuAqqxLkLvxRQsyOU= ecdsa-sha2-nistp256 ${ecdsa}`,
].join('\n')

const ask = (text: string, host: string, port = 22, key = ed25519, type = 'ssh-ed25519'): string => judgeHostKey(text, host, port, type, key)

describe('known_hosts', () => {
  it('gives the fingerprint that ssh-keygen prints', () => {
    expect(fingerprint(Buffer.from(ed25519, 'base64'))).to.equal('SHA256:MYUUXnXf/DQ+Vj42VRjC8yiASJbvnYfE9d42yHWwjWY')
    expect(fingerprint(Buffer.from(ecdsa, 'base64'))).to.equal('SHA256:18DLQMYvHOXzStYG5KVXYaGBJBHJsG2wJAfQAhVQuGg')
  })

  it('knows a plain name, one of a list, and an address, whatever their case', () => {
    const text = `web1.example.org,10.0.0.7 ssh-ed25519 ${ed25519} a comment of several words`
    for (const host of ['web1.example.org', 'WEB1.Example.org', '10.0.0.7']) expect(ask(text, host)).to.equal('known')
    for (const host of ['web2.example.org', 'web1xexample.org', '10.0.0.70']) expect(ask(text, host)).to.equal('unknown')
  })

  it('distinguishes a changed key and a key of an unknown type', () => {
    const text = `web1 ssh-ed25519 ${ed25519}`
    expect(ask(text, 'web1', 22, other25519)).to.equal('changed')
    expect(ask(text, 'web1', 22, ecdsa, 'ecdsa-sha2-nistp256')).to.equal('unknown')
    expect(ask(`${text}\nweb1 ssh-ed25519 ${other25519}`, 'web1', 22, other25519)).to.equal('known')
  })

  it('matches wildcards, and negation before all else', () => {
    const text = `*.example.org,!web3.example.org,10.0.0.? ssh-ed25519 ${ed25519}`
    for (const host of ['a.example.org', '10.0.0.4']) expect(ask(text, host)).to.equal('known')
    for (const host of ['web3.example.org', 'example.org', '10.0.0.44']) expect(ask(text, host)).to.equal('unknown')
  })

  it('keeps ports apart, and falls back to the plain name as ssh does', () => {
    const text = `[web1]:2222 ssh-ed25519 ${ed25519}`
    expect(ask(text, 'web1', 2222)).to.equal('known')
    expect(ask(text, 'web1', 22)).to.equal('unknown')
    expect(ask(text, 'web1', 2223)).to.equal('unknown')
    expect(ask(text, 'web1', 2222, other25519)).to.equal('changed')
    expect(ask(`web1 ssh-ed25519 ${ed25519}`, 'web1', 2222)).to.equal('known')
    expect(ask(`web1 ssh-ed25519 ${ed25519}`, 'web1', 2222, other25519)).to.equal('unknown')
  })

  it('finds hashed names', () => {
    expect(ask(hashed, 'web1.example.org')).to.equal('known')
    expect(ask(hashed, 'WEB1.example.org')).to.equal('known')
    expect(ask(hashed, 'web2.example.org', 2222, ecdsa, 'ecdsa-sha2-nistp256')).to.equal('known')
    expect(ask(hashed, 'web3.example.org')).to.equal('unknown')
  })

  it('lets a revoked key win over a known one', () => {
    expect(ask(`web1 ssh-ed25519 ${ed25519}\n@revoked * ssh-ed25519 ${ed25519}`, 'web1')).to.equal('revoked')
    expect(ask(`@revoked * ssh-ed25519 ${other25519}`, 'web1')).to.equal('unknown')
  })

  it('says that a certificate authority is not supported, and does not take it for a match', () => {
    const text = `@cert-authority *.example.org ssh-ed25519 ${ed25519}`
    expect(ask(text, 'a.example.org')).to.equal('unknown')
    expect(parseKnownHosts(text).warnings).to.deep.equal(['line 1: a @cert-authority is not supported, and does not make any host known'])
  })

  it('ignores comments and empty lines, and warns of broken ones', () => {
    const text = ['# a comment', '', '   ', 'web1', 'web1 ssh-ed25519', 'web1 ssh-rsa ' + ed25519, 'web1 1024 35 1234567', '@odd web1 ssh-ed25519 ' + ed25519,
      '\tweb1\tssh-ed25519\t' + ed25519 + '\r'].join('\n')
    const { entries, warnings } = parseKnownHosts(text)
    expect(entries.map(entry => entry.line)).to.deep.equal([9])
    expect(warnings.map(warning => warning.split(':')[0])).to.deep.equal(['line 4', 'line 5', 'line 6', 'line 7', 'line 8'])
    expect(ask(text, 'web1')).to.equal('known')
  })

  it('lists the types of the known keys in the order of the file, each once', () => {
    const text = `web1 ecdsa-sha2-nistp256 ${ecdsa}\nweb1 ssh-ed25519 ${ed25519}\nweb* ssh-ed25519 ${other25519}\n@revoked web2 ssh-ed25519 ${ed25519}`
    expect(knownKeyTypes(text, 'web1', 22)).to.deep.equal(['ecdsa-sha2-nistp256', 'ssh-ed25519'])
    expect(knownKeyTypes(text, 'web1', 2222)).to.deep.equal(['ecdsa-sha2-nistp256', 'ssh-ed25519'])
    expect(knownKeyTypes(text, 'db1', 22)).to.deep.equal([])
    expect(knownKeyTypes(hashed, 'web2.example.org', 2222)).to.deep.equal(['ecdsa-sha2-nistp256'])
  })

  it('handles any text, and never accepts a key that the text does not contain', () => {
    fc.assert(fc.property(fc.string({ maxLength: 200 }), fc.domain(), fc.integer({ min: 1, max: 65535 }), (text, host, port) => ask(text, host, port) === 'unknown'))
    fc.assert(fc.property(fc.domain(), fc.integer({ min: 1, max: 65535 }), (host, port) => {
      const line = `${port === 22 ? host : `[${host}]:${port}`} ssh-ed25519 ${ed25519}`
      return ask(line, host, port) === 'known' && ask(line, host, port, other25519) === 'changed'
    }))
  })
})
