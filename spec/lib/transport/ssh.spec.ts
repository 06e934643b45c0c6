import { execFileSync, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import path from 'node:path'
import { expect } from 'chai'
import { read } from '../../../lib/shell/script.ts'
import { Session } from '../../../lib/shell/session.ts'
import { connectSsh } from '../../../lib/transport/ssh.ts'
import { labHost, type SpecHost } from '../../helpers/module-host.ts'
import { unitHostName } from '../../helpers/unit-host.ts'
import { inTemporaryDirectory } from '../shell/local-session.ts'

type Host = SpecHost['host']

/** An ssh-agent of the spec's own for the length of some work, and its environment variable. */
async function withAgent<Result>(directory: string, work: (add: (key: string) => void) => Promise<Result>): Promise<Result> {
  const socket = path.join(directory, 'agent')
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise(resolve => agent.stdout.once('data', resolve))
  const before = process.env.SSH_AUTH_SOCK
  process.env.SSH_AUTH_SOCK = socket
  try {
    return await work(key => execFileSync('ssh-add', [key], { stdio: 'ignore' }))
  } finally {
    if (before === undefined) delete process.env.SSH_AUTH_SOCK
    else process.env.SSH_AUTH_SOCK = before
    agent.kill()
  }
}

describe('a connection by SSH', function () {
  this.timeout(240_000)
  let host: Host

  before(async () => {
    host = (await labHost(unitHostName)).host
  })

  const told = (given: Host): Promise<string> => connectSsh(given).then(connection => {
    connection.close()
    return 'it got in'
  }, (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message} ${'hint' in error ? String(error.hint) : ''}` : String(error)))

  it('[fault 27] uses a key with a passphrase from ssh-agent, named by its private or its public file, and says what to do if the agent does not have it', () => inTemporaryDirectory(directory => withAgent(directory, async add => {
    const key = path.join(directory, 'key')
    const plain = readFileSync(host.identityFile ?? '', 'utf8')
    writeFileSync(key, plain, { mode: 0o600 })
    writeFileSync(`${key}.pub`, execFileSync('ssh-keygen', ['-y', '-f', key]))
    const other = path.join(directory, 'other')
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', other])
    // The agent has another key first: it is not offered.
    add(other)
    execFileSync('ssh-keygen', ['-q', '-p', '-N', 'a passphrase', '-f', key])
    expect(await told({ ...host, identityFile: key })).to.include('has a passphrase, and ssh-agent does not hold it').and.include(`ssh-add ${key}`)
    expect(await told({ ...host, identityFile: `${key}.pub` })).to.include('is a public key, and ssh-agent does not hold it')
    add(host.identityFile ?? '')
    expect(await told({ ...host, identityFile: key })).to.equal('it got in')
    expect(await told({ ...host, identityFile: `${key}.pub` })).to.equal('it got in')
    writeFileSync(key, 'nonsense')
    expect(await told({ ...host, identityFile: key })).to.include('cannot be used')
  })))

  it('[fault 30] requests only key types that are known, and warns about a host without any of them instead of offering to trust its key', () => inTemporaryDirectory(async directory => {
    const known = path.join(directory, 'known_hosts')
    execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', path.join(directory, 'rsa')])
    const rsa = readFileSync(path.join(directory, 'rsa.pub'), 'utf8').split(' ').slice(0, 2).join(' ')
    const own = readFileSync(host.knownHostsFile ?? '', 'utf8').split('\n').filter(line => line.includes(host.address)).map(line => line.replace(/^\S+/, host.address))
    const types = new Set(own.map(line => line.split(' ')[1]))
    expect(types.has('ssh-ed25519')).to.equal(true)
    writeFileSync(known, `${host.address} ${rsa}\n`)
    const message = await told({ ...host, knownHostsFile: known })
    expect(message).to.include('Somebody may be intercepting the connection').and.include(`ssh-keygen -R ${host.address} -f`).and.not.include('ssh-keyscan')
    // One known key is enough, whatever other types stand beside it.
    writeFileSync(known, `${host.address} ${rsa}\n${own.join('\n')}\n`)
    expect(await told({ ...host, knownHostsFile: known })).to.equal('it got in')
    writeFileSync(known, '')
    expect(await told({ ...host, knownHostsFile: known })).to.include('is not known').and.include('ssh-keyscan')
  }))

  it('[fault 74] is retried while a host boots, from the start, and says so; a refusal is not retried', () => inTemporaryDirectory(async directory => {
    const port = await freePort()
    const knownHosts = path.join(directory, 'known_hosts')
    writeFileSync(knownHosts, readFileSync(host.knownHostsFile ?? '', 'utf8').replaceAll(host.address, '127.0.0.1'))
    const late = { ...host, address: '127.0.0.1', port, knownHostsFile: knownHosts }
    const notes: string[] = []
    const session = new Session(withinMs => connectSsh(late, withinMs), { host: 'late', become: 'none', connectTimeoutSeconds: 20, note: note => void notes.push(note) })
    const { server } = line(host)
    try {
      setTimeout(() => server.listen(port, '127.0.0.1'), 1200)
      const [output] = await session.read([{ script: read`echo in` }])
      expect(output?.stdout.toString()).to.equal('in\n')
      expect(notes.length).to.be.within(1, 4)
      expect(notes[0]).to.match(/cannot be reached: connect ECONNREFUSED .*\. Trying again in 0\.5 s, until \d\d:\d\d:\d\d\.$/)
      notes.length = 0
      const stranger = new Session(withinMs => connectSsh({ ...late, user: 'nobody-like-that' }, withinMs), { host: 'late', become: 'none', note: note => void notes.push(note) })
      expect(await stranger.read([{ script: read`:` }]).catch(String)).to.include('does not let nobody-like-that in')
      expect(notes).to.deep.equal([])
    } finally {
      session.close()
      server.close()
    }
  }))

  it('[fault 32] that was given up here without the host noticing is ended there, so that its idle shell keeps nobody waiting for the lock', () => inTemporaryDirectory(async directory => {
    const { server, cut, ends } = line(host)
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('There is no port.')
    const knownHosts = path.join(directory, 'known_hosts')
    writeFileSync(knownHosts, readFileSync(host.knownHostsFile ?? '', 'utf8').replaceAll(host.address, '127.0.0.1'))
    const session = new Session(withinMs => connectSsh({ ...host, address: '127.0.0.1', port: address.port, knownHostsFile: knownHosts }, withinMs), {
      host: 'half', become: 'none', lock: { holder: 'spec', waitSeconds: 0 },
    })
    try {
      const [shell] = await session.read([{ script: read`echo $$` }])
      cut()
      expect(await session.read([{ script: read`:` }]).then(() => 'answered', String)).to.include('The connection was lost')
      const startedAt = performance.now()
      const [again] = await session.read([{ script: read`echo $$; [ ! -d ${`/proc/${shell?.stdout.toString().trim()}`} ] && echo gone` }])
      expect(again?.stdout.toString()).to.match(/^\d+\ngone\n$/)
      expect(performance.now() - startedAt).to.be.below(15_000)
    } finally {
      session.close()
      ends()
      server.close()
    }
  }))
})

/** A server that passes everything on to a host; `cut` ends what is open on this side and leaves that side alone, as a router does that forgets. */
function line(host: Host): { server: Server; cut: () => void; ends: () => void } {
  const [here, there] = [new Set<Socket>(), new Set<Socket>()]
  let isCut = false
  const server = createServer(client => {
    const far = connect(host.port, host.address)
    here.add(client)
    there.add(far)
    const wasCut = isCut
    client.on('data', piece => far.write(piece))
    far.on('data', piece => client.write(piece))
    client.on('close', () => {
      if (wasCut || !isCut) far.destroy()
    })
    far.on('close', () => client.destroy())
    for (const end of [client, far]) end.on('error', () => end.destroy())
  })
  return {
    server,
    cut() {
      isCut = true
      here.forEach(socket => socket.destroy())
    },
    ends: () => [...here, ...there].forEach(socket => socket.destroy()),
  }
}

/** A port of this machine where nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('There is no free port.')
  return address.port
}
