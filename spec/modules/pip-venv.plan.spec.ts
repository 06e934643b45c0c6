import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import { pipVenv } from '../../modules/pip-venv.ts'
import { desired, hostView, misuse, wantsOf, wrongArguments } from './plan-module.ts'

describe('pip-venv', () => {
  it('wants a sound environment in which nothing is missing, of wheels only', async () => {
    expect(wantsOf(await pipVenv({ path: '/opt/app/venv', packages: ['six==1.16.0'] }).plan(hostView()))).to.deep.equal([{
      resource: 'venv /opt/app/venv', desired: { python: 'sound', systemSitePackages: false, missing: [], unwanted: [] },
      key: { path: '/opt/app/venv', requirements: ['six==1.16.0'], constraints: [], unwanted: [], files: { requirements: 'six==1.16.0\n', constraints: '' }, python: 'python3', systemSitePackages: false, pipOptions: ['--only-binary=:all:'] },
    }])
  })

  it('gives pip a proxy and patience, and lets it build only when that is said', async () => {
    const [want] = wantsOf(await pipVenv({ path: '/v', onlyBinary: false, proxy: 'http://127.0.0.1:9081' }).plan(hostView()))
    expect(want?.key).to.deep.include({ pipOptions: ['--proxy', 'http://127.0.0.1:9081', '--retries', '10', '--timeout', '120'] })
  })

  it('refuses what pip would run a build for, unless builds are allowed', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'stead-pip-'))
    try {
      const refused = ['a @ https://example.org/a-1.tar.gz', 'a @ https://example.org/a.whl.zip#sha256=1', 'a @ git+https://example.org/a.whl', 'a @ file:///srv/a']
      const taken = ['a @ https://example.org/a-1-py3-none-any.whl#sha256=1', 'b @ file:///srv/b.WHL ; python_version > "3"', 'c==1']
      expect(wrongArguments(pipVenv({ path: '/v', packages: [...refused, ...taken] }))).to.deep.equal(['packages.0', 'packages.1', 'packages.2', 'packages.3'])
      expect(pipVenv({ path: '/v', packages: refused, onlyBinary: false }).issues).to.deep.equal([])
      for (const line of [...refused, '--no-binary :all:']) {
        const requirements = path.join(directory, 'requirements.txt')
        writeFileSync(requirements, `c==1\n${line}\n`)
        const plan = (onlyBinary: boolean) => pipVenv({ path: '/v', requirements, onlyBinary }).plan(hostView()).then(() => 'taken', String)
        expect(await plan(true), line).to.contain('requirements.txt:2: ')
        expect(await plan(false), line).to.equal('taken')
      }
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  it('leaves the packages to pip unless uv is named; auto keeps pip for what uv does not do as pip does, and uv alone is refused then', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'stead-pip-'))
    try {
      const requirements = path.join(directory, 'requirements.txt')
      const uv = async (args: Omit<Parameters<typeof pipVenv>[0], 'path'>) => wantsOf(await pipVenv({ path: '/v', ...args }).plan(hostView()))[0]?.key
      expect(await uv({ packages: ['six'] })).to.not.have.property('uv')
      expect(await uv({ installer: 'auto' })).to.deep.include({ uv: { orPip: true, requireHashes: false } })
      expect(await uv({ installer: 'uv', proxy: 'http://127.0.0.1:9081' })).to.deep.include({ uv: { orPip: false, proxy: 'http://127.0.0.1:9081', requireHashes: false } })
      writeFileSync(requirements, `six==1.16.0 --hash=sha256:${'0'.repeat(64)}\n`)
      expect(await uv({ installer: 'uv', requirements })).to.deep.include({ uv: { orPip: false, requireHashes: true } })
      for (const [args, why] of [[{ proxy: 'socks5h://127.0.0.1:9050' }, 'only gets HTTP proxies'], [{ onlyBinary: false }, 'only pip runs builds']] as const) {
        expect(await uv({ installer: 'auto', ...args })).to.not.have.property('uv')
        expect(pipVenv({ path: '/v', installer: 'uv', ...args }).issues[0]).to.have.property('message').that.contains(why).and.contains('must be \'pip\' or \'auto\'')
      }
      for (const option of ['--extra-index-url https://me:hunter22@example.org/', '--pre', 'six --config-settings=a=b', '-i https://example.org/', '--no-index', '--trusted-host x']) {
        writeFileSync(requirements, `six\n${option}\n`)
        expect(await uv({ installer: 'auto', requirements }), option).to.not.have.property('uv')
        const refused = await pipVenv({ path: '/v', installer: 'uv', requirements }).plan(hostView()).then(() => 'taken', String)
        expect(refused).to.contain('installer: must be \'pip\' or \'auto\'').and.contain(`the option ${/--?[a-z][a-z-]*/.exec(option)?.[0] ?? ''} of a requirements file`).and.not.contain('hunter22')
      }
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  it('wants one gone', async () => {
    expect(await desired(pipVenv({ path: '/v', state: 'absent' }))).to.deep.equal([['venv /v', null]])
  })

  it('finds every wrong argument at once, and takes no option of pip for a package', () => {
    expect(wrongArguments(misuse(pipVenv, { path: 'v', packages: ['six', '--index-url=http://x', 'a\nb'], python: '', proxy: '127.0.0.1', version: 3 }))).to.deep.equal(['arguments', 'packages.1', 'packages.2', 'path', 'proxy', 'python'])
  })
})
