import { createServer, connect, type Server, type Socket } from 'node:net'

/**
 * The line between a controller and a host, for specs that cut it. Everything passes until it is
 * cut.
 */
export class Line {
  readonly port: number
  /** Resolves when the controller first sends something. */
  readonly used: Promise<void>
  readonly #server: Server
  readonly #pairs = new Set<[controller: Socket, host: Socket]>()
  /** Until when (milliseconds since the epoch) connections are refused. */
  #downUntil = 0

  private constructor(server: Server, port: number, used: Promise<void>) {
    this.#server = server
    this.port = port
    this.used = used
  }

  static async open(to: { host: string; port: number }): Promise<Line> {
    let tell: () => void = () => undefined
    const used = new Promise<void>(resolve => (tell = resolve))
    const server = createServer({ allowHalfOpen: false })
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('The line has no port.')
    const line = new Line(server, address.port, used)
    server.on('connection', controller => line.#join(controller, to, tell))
    return line
  }

  #join(controller: Socket, to: { host: string; port: number }, tell: () => void): void {
    if (Date.now() < this.#downUntil) return void controller.resetAndDestroy()
    const host = connect(to)
    const pair: [Socket, Socket] = [controller, host]
    this.#pairs.add(pair)
    for (const [socket, other] of [[controller, host], [host, controller]] as const) {
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        if (this.#pairs.delete(pair)) other.destroy()
      })
      socket.on('data', piece => {
        // A line that died silently: data goes nowhere, and neither end notices.
        if (this.#pairs.has(pair)) other.write(piece)
      })
    }
    controller.once('data', tell)
  }

  /** Both ends get an RST, and connections within `seconds` are refused. */
  cut(seconds = 0): void {
    this.#downUntil = Date.now() + seconds * 1000
    for (const [controller, host] of this.#pairs) {
      controller.resetAndDestroy()
      host.resetAndDestroy()
    }
  }

  /**
   * Existing connections go silent, as when a router forgets them; new ones work. Returns a
   * function that ends the silent ones.
   */
  silence(): () => void {
    const silent = [...this.#pairs].flat()
    this.#pairs.clear()
    return () => silent.forEach(socket => socket.destroy())
  }

  close(): void {
    for (const socket of [...this.#pairs].flat()) socket.destroy()
    this.#server.close()
  }
}
