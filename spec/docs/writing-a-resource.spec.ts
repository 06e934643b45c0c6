import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import { execa } from 'execa'
import { stringify } from 'yaml'
import { dropHost, labHost, type SpecHost } from '../helpers/module-host.ts'

const root = path.join(import.meta.dirname, '..', '..')

/** The fenced blocks of the page, in order: files, which begin with their name as a comment, and commands. */
const blocks = [...readFileSync(path.join(root, 'docs', 'writing-a-resource.md'), 'utf8').matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(([, language = '', text = '']) => ({ language, text }))
const files = blocks.flatMap(({ language, text }) => {
  const [, name, content] = /^(?:\/\/|#) (\S+)\n([^]*)$/.exec(text) ?? []
  return language !== 'sh' && name !== undefined && content !== undefined ? [{ name, content }] : []
})
const commands = blocks.filter(({ language }) => language === 'sh').flatMap(({ text }) => text.trim().split('\n')).map(line => {
  const [command = '', promise = ''] = line.split(/\s+# /)
  const [, status = '0', words] = /^exits (\d+): (.*)$/.exec(promise) ?? []
  return { command, status: Number(status), words }
})

describe('docs/writing-a-resource.md, followed from an empty folder', function () {
  this.timeout(400_000)
  const folder = mkdtempSync(path.join(tmpdir(), 'stead-author-'))
  let host: SpecHost
  const sh = (command: string) => execa('sh', ['-ec', command], { cwd: folder, all: true, reject: false, stdin: 'ignore', env: { CI: 'true', CLONE: root, FOLDER: folder, npm_config_prefer_offline: 'true', npm_config_audit: 'false', npm_config_fund: 'false' } })

  before(async () => {
    host = await labHost('spec-author')
    await host.sh('umount /srv/scratch 2>/dev/null; rm -rf /srv/scratch')
    for (const { name, content } of files) writeFileSync(path.join(folder, name), content)
    const { address, port, user, identityFile, knownHostsFile } = host.host
    writeFileSync(path.join(folder, 'hosts.yml'), stringify({ all: { hosts: { web1: { ansible_host: address, ansible_port: port, ansible_user: user, ansible_ssh_private_key_file: identityFile, stead_known_hosts_file: knownHostsFile } } } }))
  })

  after(async () => {
    rmSync(folder, { recursive: true, force: true })
    await dropHost('spec-author')
  })

  const lookAt = () => host.sh('findmnt -nro FSTYPE,SIZE -M /srv/scratch || echo nothing').then(text => text.trim())
  let step = 0
  const follow = async (upTo: RegExp): Promise<string> => {
    for (;;) {
      const next = commands[step]
      if (!next) throw new Error(`The page has no command ${String(upTo)}.`)
      step += 1
      const { all, exitCode } = await sh(next.command)
      expect(exitCode, `${next.command}\n${all}`).to.equal(next.status)
      if (upTo.test(next.command)) {
        if (next.words !== undefined && !next.words.startsWith('would')) expect(all).to.include(next.words)
        return all
      }
    }
  }

  it('takes at most 75 lines of code', () => {
    const code = files.filter(({ name }) => name.endsWith('.ts'))
    expect(code.map(({ name }) => name)).to.deep.equal(['tmpfs-resource.ts', 'tmpfs.ts', 'scratch.ts'])
    expect(code.flatMap(({ content }) => content.split('\n').filter(line => line.trim() !== '')).length).to.be.at.most(75)
  })

  it('installs the packed stead, and compiles against it', async () => {
    await follow(/^npx tsc$/)
  })

  it('foretells, applies, and finds nothing to do the second time', async () => {
    const check = await follow(/--check$/)
    expect(check).to.include('Directory').and.include('Scratch space').and.include('may')
    expect(await lookAt()).to.equal('nothing')
    await follow(/hosts.yml$/)
    expect(await lookAt()).to.equal('tmpfs 64M')
    await follow(/hosts.yml$/)
  })

  it('changes what differs, and removes it', async () => {
    await follow(/mib=128$/)
    expect(await lookAt()).to.equal('tmpfs 128M')
    await follow(/state=absent$/)
    expect(await lookAt()).to.equal('nothing')
    await follow(/-C$/)
  })

  it('a kind with a forecast is foretold for certain', async () => {
    const [added] = blocks.filter(({ text }) => text.startsWith('forecast'))
    expect(added?.text).to.equal('forecast: {},\n')
    const file = path.join(folder, 'tmpfs-resource.ts')
    writeFileSync(file, readFileSync(file, 'utf8').replace('  kind: \'tmpfs\',\n', `  kind: 'tmpfs',\n  ${added?.text ?? ''}`))
    await host.sh('rm -rf /srv/scratch')
    const { all } = await sh('npx stead scratch.ts -i hosts.yml --check')
    expect(all).to.match(/would change\s+Scratch space/)
  })
})
