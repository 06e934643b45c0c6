import { connect } from 'node:net'

/**
 * Waits for an SSH server's greeting (RFC 4253, section 4.2: the server speaks first). Returns
 * undefined if it came, otherwise what went wrong.
 * @param timeoutMs the limit for connecting and greeting together.
 */
export function sshGreeting(address: string, timeoutMs: number, port = 22): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port })
    const end = (problem: string | undefined): void => {
      socket.destroy()
      clearTimeout(timer)
      resolve(problem)
    }
    const timer = setTimeout(() => { end(`its sshd does not greet within ${timeoutMs} ms`) }, timeoutMs)
    socket.once('data', (data) => { end(data.toString('latin1').startsWith('SSH-2.0-') ? undefined : 'something that is not an ssh server answers') })
    socket.once('error', (error) => { end(`connecting fails (${error.message})`) })
    socket.once('end', () => { end('its sshd closes the connection') })
  })
}
