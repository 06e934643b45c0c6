/**
 * Records cases of spec/cases/: `npx tsx spec/helpers/record-case.ts spec/cases/KIND/CASE.json…`
 *
 * A case with `keys` is read on a real host of the lab: its `prepare` is run there, then the
 * resource's read script, then `restore`; what the host printed and what parse makes of it are
 * written into the file. One with `apply` gets the script of the resource's apply(). Look at the
 * difference before it is committed: what is recorded is what is, not what should be. A new case
 * needs only `resource`, and `keys` or `apply`.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { ensureLab, labStatus } from '../../lab/index.ts'
import { labPlace } from '../../lab/place.ts'
import { ApplyScript } from '../../lib/shell/script.ts'
import { Session } from '../../lib/shell/session.ts'
import type { Output } from '../../lib/shell/output.ts'
import { connectSsh } from '../../lib/transport/ssh.ts'
import { bytesOf } from './bytes-of.ts'
import { loadResources, parseCase, writingOf, type ReadingCase } from './recorded-case.ts'

/** What each host of the cases has beyond a blank one. */
const hosts = { blank: ':', postgres: 'command -v psql >/dev/null || { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -yq postgresql; } >&2' }
const sessions = new Map<keyof typeof hosts, Promise<Session>>()

async function open(kind: keyof typeof hosts): Promise<Session> {
  const name = `spec-cases-${kind}`
  await ensureLab({ hosts: [name] })
  const status = (await labStatus())?.hosts.find(host => host.name === name)
  if (!status) throw new Error(`The lab did not make ${name}.`)
  const { address, port, user, identityFile } = status
  const host = { name, groups: [], address, port, user, identityFile, knownHostsFile: path.join(labPlace().dir, 'known_hosts'), connection: 'ssh' as const, vars: {} }
  const session = new Session(() => connectSsh(host), { host: name, become: 'none' })
  await run(session, hosts[kind])
  return session
}

async function run(session: Session, script: string): Promise<void> {
  const [output] = await session.apply([{ script: new ApplyScript(script) }])
  if (output?.exitCode !== 0) throw new Error(`exit ${output?.exitCode ?? '?'} of ${script}\n${output?.stderr ?? ''}`)
}

/** The order in which a case's fields stand in its file. */
const order = ['resource', 'edge', 'note', 'byHand', 'host', 'user', 'prepare', 'restore', 'keys', 'output', 'states', 'apply', 'script', 'stdin', 'error']
const lines = (text: string) => (/\n./.test(text) ? text.split('\n') : text)

const { resources, values } = await loadResources()

async function capture({ host, user, prepare = ':', restore = ':' }: ReadingCase, reading: { script: { text: string }; user?: string }): Promise<Output> {
  const session = await (sessions.get(host) ?? sessions.set(host, open(host)).get(host))
  if (!session) throw new Error('There is no session.')
  try {
    await run(session, prepare)
    const { ReadScript } = await import('../../lib/shell/script.ts')
    const [output] = await session.read([{ script: new ReadScript(reading.script.text), user: reading.user ?? user }])
    if (!output) throw new Error('The host gave no answer.')
    return output
  } finally {
    await run(session, restore)
  }
}

async function record(json: object): Promise<object> {
  const parsed = parseCase(json)
  const name = 'reading' in parsed ? parsed.reading.resource : parsed.writing.resource
  const resource = resources.find(each => each.name === name)?.resource
  if (!resource) throw new Error(`lib/resources/ exports no resource ${name}.`)
  if ('writing' in parsed) {
    try {
      const { script, stdin, user } = writingOf(resource, parsed.writing, values)
      return { ...json, script: lines(script.text), stdin: stdin && lines(String(bytesOf(stdin))), user, error: undefined }
    } catch (error) {
      return { ...json, script: undefined, error: error instanceof Error ? error.message : String(error) }
    }
  }
  const keys = parsed.reading.keys.map(key => values.key(key))
  const reading = resource.read(keys)
  const { stdout, stderr, exitCode } = parsed.reading.byHand ? { ...parsed.reading.output, stdout: Buffer.from(parsed.reading.output.stdout) } : await capture(parsed.reading, reading)
  const recorded = { ...json, output: { stdout: lines(stdout.toString()), stderr: lines(stderr), exitCode } }
  if (!Buffer.from(stdout.toString()).equals(stdout)) throw new Error('The host printed what is no text.')
  try {
    return { ...recorded, states: reading.parse({ stdout, stderr, exitCode }).map(state => values.show(state)), error: undefined }
  } catch (error) {
    return { ...recorded, states: undefined, error: error instanceof Error ? error.message : String(error) }
  }
}

for (const file of process.argv.slice(2)) {
  const json: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (typeof json !== 'object' || json === null) throw new Error(`${file} is no case.`)
  const blank = 'error' in json || 'states' in json || 'script' in json ? {} : 'keys' in json ? { output: { stdout: '', stderr: '', exitCode: 0 }, states: [] } : { script: '' }
  const recorded = Object.entries(await record({ ...blank, ...json })).filter(([, value]) => value !== undefined)
  recorded.sort(([a], [b]) => order.indexOf(a) - order.indexOf(b))
  writeFileSync(file, `${JSON.stringify(Object.fromEntries(recorded), null, 2)}\n`)
  console.log(file)
}
for (const session of sessions.values()) (await session).close()
