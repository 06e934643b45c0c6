import { spawn } from 'node:child_process'
import type { Channel, ChannelEnd, Connection } from './transport.ts'

/** This machine itself, as a host (`ansible_connection: local`). */
export async function connectLocal(): Promise<Connection> {
  let sent = 0
  let received = 0
  const running = new Set<() => void>()
  return {
    connectMs: 0,
    bytesSent: () => sent,
    bytesReceived: () => received,
    async start(command): Promise<Channel> {
      const child = spawn('/bin/sh', ['-c', command], { stdio: ['pipe', 'pipe', 'pipe'] })
      const stop = () => void child.kill('SIGHUP')
      running.add(stop)
      child.stdout.on('data', (chunk: Buffer) => (received += chunk.length))
      const write = child.stdin.write.bind(child.stdin)
      child.stdin.write = ((chunk: Buffer, ...rest: []) => {
        sent += chunk.length
        return write(chunk, ...rest)
      })
      const ended = new Promise<ChannelEnd>(resolve => {
        child.once('error', lost => resolve({ lost }))
        child.once('close', (code, signal) => {
          running.delete(stop)
          resolve({ exitCode: code ?? undefined, signal: signal ?? undefined })
        })
      })
      return { stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, ended }
    },
    close: () => running.forEach(stop => stop()),
  }
}
