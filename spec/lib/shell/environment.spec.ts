import { execFileSync } from 'node:child_process'
import { expect } from 'chai'
import { cleanEnvironment, KEPT, PATH } from '../../../lib/shell/environment.ts'

/** The environment that a shell with this one gives to a program, once it is clean. */
function cleaned(env: Record<string, string>, script = ':'): string[] {
  return execFileSync('/bin/sh', ['-c', `${script}\n${cleanEnvironment}\nexec env -0`], { env, encoding: 'utf8' }).split('\0').filter(line => line !== '' && !line.startsWith('OLDPWD=')).sort()
}

const fixed = ['LC_ALL=C', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'PWD=/']

describe('the environment of a host\'s shell', () => {
  it('keeps who somebody is, the proxy and the certificates that are trusted', () => {
    const kept = ['HOME', 'USER', 'LOGNAME', 'SHELL', 'http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'ftp_proxy', 'FTP_PROXY', 'all_proxy', 'ALL_PROXY', 'no_proxy', 'NO_PROXY', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'CURL_CA_BUNDLE', 'REQUESTS_CA_BUNDLE']
    expect(cleaned(Object.fromEntries(kept.map(name => [name, `of ${name}`])))).to.deep.equal([...fixed, ...kept.map(name => `${name}=of ${name}`)].sort())
    expect([...KEPT]).to.have.members(kept)
  })

  it('has nothing else, whatever its name and its value', () => {
    expect(cleaned({ PGHOST: '10.0.0.66', POSIXLY_CORRECT: '1', TAR_OPTIONS: '-v', LD_PRELOAD: '', PYTHONPATH: '/evil', PIP_INDEX_URL: 'x', LANG: 'de_DE.UTF-8', LC_MESSAGES: 'de', t: 'x', IFS: 'x', CDPATH: '/srv', ENV: '/evil', BASH_ENV: '/evil', HOMEX: 'x', XHOME: 'x', EMPTY: '', GLOB: '* [a-z]*', LINES: "a\nexport HOME='/evil'\nb" }))
      .to.deep.equal(fixed)
    expect(cleaned({ HOME: '/root\nUSER=x', X: '*' })).to.deep.equal(['HOME=/root\nUSER=x', ...fixed].sort())
  })

  it('has paths of its own, and programs are looked for in the usual places', () => {
    expect(cleaned({ PATH: '/evil', LC_ALL: 'de_DE.UTF-8' }, 'cd /tmp')).to.deep.equal(fixed)
    expect(PATH).to.equal('/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin')
    expect(execFileSync('/bin/sh', ['-c', `umask 077; set -f\n${cleanEnvironment}\numask; pwd; echo /et[c]; x='a b'; set -- $x; echo $#`], { encoding: 'utf8' })).to.equal('0022\n/\n/etc\n2\n')
  })
})
