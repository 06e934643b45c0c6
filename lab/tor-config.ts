/** One authority of the private network, for every torrc. */
export interface Authority {
  nickname: string
  /** Fingerprint of its signing identity for votes, 40 hexadecimal digits. */
  v3ident: string
  /** Fingerprint of its relay key, 40 hexadecimal digits. */
  fingerprint: string
}

/** What a node of the private network does. */
export type Role = 'authority' | 'exit' | 'relay' | 'client'

export interface TorNode {
  name: string
  role: Role
  /** Its ORPort on the bridge's address; unused by the client. */
  orPort: number
  /** Its DirPort; authorities only. */
  dirPort: number
}

/**
 * The network: three authorities, since two of three must agree on a consensus; two exits; two
 * relays that are not exits. Authorities relay too, so a circuit of three, and an onion service's
 * two of them, find their nodes.
 */
export const nodes: readonly TorNode[] = [
  ...[1, 2, 3].map((n): TorNode => ({ name: `authority${n}`, role: 'authority', orPort: 7100 + n, dirPort: 7200 + n })),
  ...[1, 2].map((n): TorNode => ({ name: `exit${n}`, role: 'exit', orPort: 7110 + n, dirPort: 0 })),
  ...[1, 2].map((n): TorNode => ({ name: `relay${n}`, role: 'relay', orPort: 7120 + n, dirPort: 0 })),
  { name: 'client', role: 'client', orPort: 0, dirPort: 0 },
]

/**
 * The lines of torrc that make a tor part of this network and no other (tor(1), "Testing network
 * options").
 */
export function joinLines(address: string, authorities: readonly Authority[]): string {
  return [
    'TestingTorNetwork 1',
    'AssumeReachable 1',
    'PathsNeededToBuildCircuits 0.67',
    'ClientUseIPv6 0',
    ...authorities.map(({ nickname, v3ident, fingerprint }) => {
      const node = nodes.find(({ name }) => name === nickname)
      return `DirAuthority ${nickname} orport=${node?.orPort ?? 0} no-v2 v3ident=${v3ident} ${address}:${node?.dirPort ?? 0} ${fingerprint}`
    }),
    '',
  ].join('\n')
}

/**
 * Seconds between two votes. The first consensus is made with the shortest times that tor allows;
 * later ones rarely, since they cost every node a download. Must divide a day evenly.
 */
export const votingSeconds = 60

/** Options that make authorities vote early, and for every relay. */
function authorityLines(node: TorNode): string[] {
  return [
    'AuthoritativeDirectory 1',
    'V3AuthoritativeDirectory 1',
    `DirPort {address}:${node.dirPort}`,
    'ExitPolicy reject *:*',
    'TestingV3AuthInitialVotingInterval 5',
    'TestingV3AuthInitialVoteDelay 2',
    'TestingV3AuthInitialDistDelay 2',
    `V3AuthVotingInterval ${votingSeconds}`,
    'V3AuthVoteDelay 4',
    'V3AuthDistDelay 4',
    // As in the public network. Clients keep a consensus for as long as it is valid, and an onion
    // service's place follows from random values that change every 24 votes: with long validity,
    // service and client look for each other in different places.
    'V3AuthNIntervalsValid 3',
    // All nodes share one address; more than two would count as a Sybil attack and be left out.
    'AuthDirMaxServersPerAddr 0',
    // Votes Running for every relay. AssumeReachable alone does not: relays that no authority
    // happened to connect to were left out.
    'AuthDirTestReachability 0',
    'TestingDirAuthVoteExit *',
    'TestingDirAuthVoteHSDir *',
    'TestingDirAuthVoteGuard *',
    'TestingMinExitFlagThreshold 0',
  ]
}

/**
 * Exits resolve names like this machine, and do not look up test names outside. They cannot reach
 * services on this machine's loopback.
 */
const exitLines = [
  'ExitRelay 1',
  'ExitPolicyRejectPrivate 0',
  'ExitPolicy reject 127.0.0.0/8:*',
  'ExitPolicy accept *:*',
  'ServerDNSDetectHijacking 0',
  'ServerDNSTestAddresses',
]

export interface NodeSettings {
  node: TorNode
  /** The node's data directory. */
  dir: string
  /** The bridge's address, which the network uses. */
  address: string
  /** The user that tor switches to; it starts as root, to read its torrc. */
  user: string
  /** Port of the client's SOCKS listener on 127.0.0.1. */
  socksPort: number
  authorities: readonly Authority[]
}

/** A node's whole torrc, for use without a defaults file. */
export function torrc({ node, dir, address, user, socksPort, authorities }: NodeSettings): string {
  const relayLines = [`Nickname ${node.name}`, `Address ${address}`, `ORPort ${address}:${node.orPort} IPv4Only`, 'SocksPort 0', 'ContactInfo lab@stead.invalid']
  const roleLines: Record<Role, string[]> = {
    authority: [...relayLines, ...authorityLines(node)],
    exit: [...relayLines, ...exitLines],
    relay: [...relayLines, 'ExitPolicy reject *:*'],
    client: [`SocksPort 127.0.0.1:${socksPort}`, `ControlSocket ${dir}/control`, 'CookieAuthentication 1', 'DormantTimeoutEnabled 0'],
  }
  return [
    `DataDirectory ${dir}`,
    `User ${user}`,
    `Log notice file ${dir}/log`,
    'SafeLogging 0',
    'ShutdownWaitLength 0',
    joinLines(address, authorities),
    ...roleLines[node.role],
    '',
  ].join('\n').replaceAll('{address}', address)
}
