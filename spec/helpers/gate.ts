import { createServer, connect, type Socket } from 'node:net'

/**
 * A gate between a controller and a host: it lets everything pass until `shutWhen` holds, which is
 * checked before each piece that goes to the host; after that nothing gets there. So a run can be
 * interrupted at a state of the host, not at a time.
 */
export class Gate {
  readonly port: number
  /** Resolves when the gate has shut. */
  readonly shut: Promise<void>
  readonly #close: () => void

  private constructor(port: number, shut: Promise<void>, close: () => void) {
    this.port = port
    this.shut = shut
    this.#close = close
  }

  static async open(to: { host: string; port: number }, shutWhen: () => boolean): Promise<Gate> {
    let tell: () => void = () => undefined
    const shut = new Promise<void>(resolve => (tell = resolve))
    let isShut = false
    const sockets = new Set<Socket>()
    const server = createServer(controller => {
      const host = connect(to)
      for (const [socket, other] of [[controller, host], [host, controller]] as const) {
        sockets.add(socket)
        socket.on('error', () => other.destroy())
        socket.on('close', () => other.destroy())
      }
      controller.on('data', piece => {
        if (!isShut && shutWhen()) {
          isShut = true
          tell()
        }
        if (!isShut) host.write(piece)
      })
      host.on('data', piece => controller.write(piece))
    })
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('The gate has no port.')
    return new Gate(address.port, shut, () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
  }

  close(): void {
    this.#close()
  }
}
