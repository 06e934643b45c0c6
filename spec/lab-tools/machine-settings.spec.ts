import { expect } from 'chai'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { addCertificates, certificatesIn } from '../../lab/ca-certificates.ts'
import { formatDeb822, parseDeb822, parseOneLine } from '../../lab/debian-sources.ts'
import { formatPipConf, mergePipSettings } from '../../lab/pip-settings.ts'

describe('lab: package sources of the machine', () => {
  const mirror = { uris: ['http://mirror.example/debian'], suites: ['bookworm', 'bookworm-updates'], components: ['main'] }

  it('takes Debian\'s from deb822 files, comments and folded fields included', () => {
    const text = 'Types: deb\n# a comment\nURIs: http://mirror.example/debian\nSuites: bookworm\n bookworm-updates\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n'
    expect(parseDeb822(text)).to.deep.equal([mirror])
    expect(parseDeb822(formatDeb822([mirror]))).to.deep.equal([mirror])
  })

  it('takes Debian\'s from one-line files', () => {
    expect(parseOneLine('# deb http://no.example/debian bookworm main\ndeb [arch=amd64] http://mirror.example/debian bookworm main contrib # ours\n'))
      .to.deep.equal([{ uris: ['http://mirror.example/debian'], suites: ['bookworm'], components: ['main', 'contrib'] }])
  })

  it('leaves out what is not Debian\'s, of another release, disabled, sources of source, and file: URLs', () => {
    expect(parseOneLine('deb [signed-by=/usr/share/keyrings/vendor.gpg] https://vendor.example/apt bookworm main\ndeb https://vendor.example/apt bookworm-pgdg main\n'
      + 'deb https://vendor.example/apt bookworm stable\ndeb http://mirror.example/debian trixie main\ndeb-src http://mirror.example/debian bookworm main\n'
      + 'deb file:/srv/debian bookworm main\n')).to.deep.equal([])
    expect(parseDeb822('Types: deb\nEnabled: no\nURIs: http://mirror.example/debian\nSuites: bookworm\nComponents: main\n')).to.deep.equal([])
    expect(parseDeb822('Types: deb\nURIs: https://vendor.example\nSuites: nodistro\nComponents: main\nSigned-By: /usr/share/keyrings/vendor.gpg\n')).to.deep.equal([])
  })
})

describe('lab: pip settings of the machine', () => {
  it('takes http(s) indexes, never file: ones, from all files, and the host\'s own bundle for any cert', () => {
    const settings = mergePipSettings(['[global]\ncert = /opt/bundle.pem\nfind-links = /opt/wheels\nindex-url = https://a.example/simple\n',
      '[global]\nextra-index-url =\n    https://b.example/simple\n    file:///opt/pypi/simple\n[install]\nindex_url = https://c.example/simple\n'], {})
    expect(settings).to.deep.equal({ cert: '/opt/bundle.pem', indexUrl: 'https://c.example/simple', extraIndexUrls: ['https://b.example/simple'], trustedHosts: [] })
    expect(formatPipConf(settings)).to.equal('[global]\ncert = /etc/ssl/certs/ca-certificates.crt\nindex-url = https://c.example/simple\nextra-index-url = https://b.example/simple\n')
  })

  it('lets PIP_* variables win, and writes nothing when there is nothing', () => {
    expect(mergePipSettings(['[global]\nindex-url = https://a.example/simple\n'], { PIP_INDEX_URL: 'https://env.example/simple', PIP_CERT: '/x.pem' }))
      .to.include({ indexUrl: 'https://env.example/simple', cert: '/x.pem' })
    expect(formatPipConf(mergePipSettings(['[global]\nextra-index-url = file:///opt/pypi\n'], { PIP_FIND_LINKS: '/opt' }))).to.equal('')
  })
})

describe('lab: CA certificates of the machine', () => {
  const pem = (body: string): string => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`

  it('knows one certificate in different dress as one', () => {
    expect(certificatesIn(`# Root One\r\n${pem('AAAA\r\nBBBB')}`, pem('AAAABBBB'), pem('CCCC'))).to.deep.equal([pem('AAAABBBB'), pem('CCCC')])
  })

  it('adds to a host what it does not trust yet, and only that', () => {
    const root = mkdtempSync(path.join(tmpdir(), 'stead-ca-'))
    try {
      for (const dir of ['etc/ssl/certs', 'usr/local/share/ca-certificates']) mkdirSync(path.join(root, dir), { recursive: true })
      writeFileSync(path.join(root, 'etc/ssl/certs/ca-certificates.crt'), pem('AAAA'))
      expect(addCertificates(root, [pem('AAAA'), pem('BBBB')])).to.equal(1)
      expect(readFileSync(path.join(root, 'usr/local/share/ca-certificates/stead-lab-1.crt'), 'utf8')).to.equal(pem('BBBB'))
    } finally {
      rmSync(root, { recursive: true })
    }
  })
})
