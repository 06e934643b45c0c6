import { execa } from 'execa'
import { z } from 'zod'

/** Requests to onions through the lab's private Tor network, as anyone there could make them. */
export class OnionClient {
  readonly #socks: string

  /** @param socks the SOCKS listener of a Tor client, as host:port */
  constructor(socks: string) {
    this.#socks = socks
  }

  /**
   * The body of an answer.
   * @throws for no answer, and for a status of 400 or more, with its body.
   */
  async get(url: string, { insecure = false } = {}): Promise<string> {
    return this.#curl([...(insecure ? ['-k'] : []), url])
  }

  /** A call of Matrix's client API. */
  async call(method: 'GET' | 'POST' | 'PUT', url: string, { token, body }: { token?: string; body?: unknown } = {}): Promise<unknown> {
    // The token and the body go through standard input, since everybody can see a command line.
    const config = [
      ...(token === undefined ? [] : [`header = "Authorization: Bearer ${token}"`]),
      ...(body === undefined ? [] : ['header = "Content-Type: application/json"', `data = ${JSON.stringify(JSON.stringify(body))}`]),
    ]
    return JSON.parse(await this.#curl(['-X', method, '-K', '-', url], config.join('\n')))
  }

  async #curl(words: readonly string[], input = ''): Promise<string> {
    const { stdout } = await execa('curl', ['-sS', '--fail-with-body', '--max-time', '60', '--socks5-hostname', this.#socks, ...words], { input })
    return stdout
  }
}

/** A user of a homeserver behind an onion. */
export class MatrixUser {
  readonly id: string
  readonly #client: OnionClient
  readonly #base: string
  readonly #token: string

  private constructor(client: OnionClient, base: string, { user_id: id, access_token: token }: { user_id: string; access_token: string }) {
    this.id = id
    this.#client = client
    this.#base = base
    this.#token = token
  }

  static async login(client: OnionClient, onion: string, user: string, password: string): Promise<MatrixUser> {
    const base = `http://${onion}/_matrix/client/v3`
    const body = { type: 'm.login.password', identifier: { type: 'm.id.user', user }, password }
    const answer = await client.call('POST', `${base}/login`, { body })
    return new MatrixUser(client, base, z.object({ user_id: z.string(), access_token: z.string() }).parse(answer))
  }

  /** Creates a room that only invited users can join, and gives its id. */
  async createRoom(invite: readonly string[]): Promise<string> {
    const answer = await this.#call('POST', '/createRoom', { preset: 'private_chat', invite })
    return z.object({ room_id: z.string() }).parse(answer).room_id
  }

  /** The rooms that this user is invited to. */
  async invitations(): Promise<string[]> {
    const answer = z.object({ rooms: z.object({ invite: z.record(z.string(), z.unknown()).optional() }).optional() }).parse(await this.#call('GET', '/sync?timeout=0'))
    return Object.keys(answer.rooms?.invite ?? {})
  }

  async join(room: string): Promise<void> {
    await this.#call('POST', `/rooms/${encodeURIComponent(room)}/join`, {})
  }

  async say(room: string, text: string): Promise<void> {
    await this.#call('PUT', `/rooms/${encodeURIComponent(room)}/send/m.room.message/${Date.now()}`, { msgtype: 'm.text', body: text })
  }

  /** The latest messages of a room, with who sent them. */
  async messages(room: string): Promise<{ sender: string; body: string | undefined }[]> {
    const event = z.object({ type: z.string(), sender: z.string(), content: z.object({ body: z.string().optional() }) })
    const answer = z.object({ chunk: z.array(event) }).parse(await this.#call('GET', `/rooms/${encodeURIComponent(room)}/messages?dir=b&limit=50`))
    return answer.chunk.filter(({ type }) => type === 'm.room.message').map(({ sender, content }) => ({ sender, body: content.body }))
  }

  async #call(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<unknown> {
    return this.#client.call(method, this.#base + path, { token: this.#token, body })
  }
}
