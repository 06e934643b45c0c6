import { connect, createServer, type Socket } from 'node:net'

/** A running proxy on loopback. */
export interface DelayProxy {
  port: number
  close(): Promise<void>
}

/**
 * Forwards TCP connections and delays every byte by half a round trip in each direction. Throughput
 * is not limited: any number of bytes can be in flight. The TCP handshake ends at the proxy without
 * a delay; a real link of that length costs one more round trip.
 *
 * @example const { port } = await delayProxy({ host: '10.78.0.2', port: 22 }, 50)
 */
export async function delayProxy(target: { host: string; port: number }, roundTripMs: number): Promise<DelayProxy> {
  const open = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, near => {
    const far = connect({ ...target, allowHalfOpen: true, noDelay: true })
    for (const socket of [near, far]) {
      open.add(socket)
      socket.once('close', () => open.delete(socket))
    }
    passOn(near, far, roundTripMs / 2)
    passOn(far, near, roundTripMs / 2)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.')
  return {
    port: address.port,
    close: () => new Promise(resolve => {
      server.close(() => resolve())
      for (const socket of open) socket.destroy()
    }),
  }
}

/** What to send to the other side, and when (milliseconds of performance.now). */
interface Due {
  at: number
  deliver: () => void
}

function passOn(from: Socket, to: Socket, delayMs: number): void {
  const queue: Due[] = []
  let timer: NodeJS.Timeout | undefined
  const deliver = () => {
    timer = undefined
    while (queue[0] && queue[0].at <= performance.now()) queue.shift()?.deliver()
    if (queue[0]) timer = setTimeout(deliver, queue[0].at - performance.now())
  }
  const later = (action: () => void) => {
    if (delayMs === 0) return action()
    queue.push({ at: performance.now() + delayMs, deliver: action })
    timer ??= setTimeout(deliver, delayMs)
  }
  from.on('data', chunk => later(() => void (to.writable && to.write(chunk))))
  from.on('end', () => later(() => to.end()))
  // A connection that breaks on one side is closed on the other.
  from.on('error', () => to.destroy())
  from.on('close', failed => failed && to.destroy())
}
