import type { Readable, Writable } from 'node:stream'
import { ConnectError } from '../errors.ts'

/** The host did not answer, or the connection broke before login: another attempt may succeed. */
export class NotReachable extends ConnectError {}

/**
 * How a program on the host ended: by exit code, by a signal, or because the connection was lost.
 */
export interface ChannelEnd {
  exitCode?: number
  signal?: string
  lost?: Error
}

/** A program running on a host. */
export interface Channel {
  stdin: Writable
  stdout: Readable
  stderr: Readable
  /** Resolves once, when the program has ended or the connection is lost; never rejects. */
  ended: Promise<ChannelEnd>
}

/** A connection to one host: over SSH, or to this machine itself. */
export interface Connection {
  /** Milliseconds from the first packet to a successful login. */
  readonly connectMs: number
  /** Bytes on the wire, the transport's own overhead included. */
  bytesSent(): number
  bytesReceived(): number
  /** Starts a command under the login user's shell. */
  start(command: string): Promise<Channel>
  close(): void
}

/**
 * Opens a new connection in one attempt of at most `withinMs`; called again after a lost
 * connection.
 *
 * @throws NotReachable where another attempt may succeed, another ConnectError otherwise.
 */
export type Connect = (withinMs?: number) => Promise<Connection>
