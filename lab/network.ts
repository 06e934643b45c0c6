import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { digest, portName, type Place } from './place.ts'
import type { Progress } from './progress.ts'
import type { LabRecord } from './record.ts'
import { runCommand, tryCommand } from './run-command.ts'

const forwardingFile = '/proc/sys/net/ipv4/ip_forward'

/**
 * Rules of the lab's table. Hosts speak freely with each other and with the bridge's address, where the private Tor network is.
 * Out of the machine they reach web servers (packages) and name servers, over IPv4, and nothing else; nobody reaches them from
 * outside. Traffic that is not the lab's is left to other tables.
 */
export function firewallRules(place: Place, subnet: string): string {
  const rules = chains(place, subnet)
  return `table inet ${place.table} {
  comment "${rulesMark(rules)}"
${rules}}\n`
}

/** Tells a table that was made by other rules, or by hand, from the lab's. */
const rulesMark = (rules: string): string => `stead lab ${digest(rules, 12)}`

function chains(place: Place, subnet: string): string {
  return `  chain forward {
    type filter hook forward priority filter; policy accept;
    iifname != "${place.bridge}" oifname != "${place.bridge}" return
    meta nfproto ipv6 drop
    iifname "${place.bridge}" oifname "${place.bridge}" accept
    ct state established,related accept
    iifname "${place.bridge}" ip saddr ${subnet}.0/24 tcp dport { 53, 80, 443 } accept
    iifname "${place.bridge}" ip saddr ${subnet}.0/24 udp dport 53 accept
    drop
  }
  chain input {
    type filter hook input priority filter; policy accept;
    iifname != "${place.bridge}" return
    meta nfproto ipv6 drop
    ip daddr != { ${subnet}.1, ${subnet}.255, 255.255.255.255 } drop
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${subnet}.0/24 oifname != { "lo", "${place.bridge}" } masquerade
  }
`
}

/** What of the network is not as it should be; empty when all is well. */
export async function networkFaults(place: Place, subnet: string, hosts: readonly string[]): Promise<string[]> {
  const [addresses, table] = await Promise.all([
    tryCommand('ip', ['-4', '-o', 'address', 'show', 'dev', place.bridge, 'up']),
    tryCommand('nft', ['list', 'table', 'inet', place.table]),
  ])
  return [
    ...(addresses.stdout.includes(` ${subnet}.1/24 `) ? [] : [`the bridge ${place.bridge}`]),
    ...(table.stdout.includes(rulesMark(chains(place, subnet))) && table.stdout.includes('masquerade') ? [] : ['the firewall']),
    ...(readFileSync(forwardingFile, 'utf8').trim() === '1' ? [] : ['forwarding']),
    ...hosts.filter((host) => !isAttached(place, host)).map((host) => `the port of ${host}`),
  ]
}

function isAttached(place: Place, host: string): boolean {
  return existsSync(`/sys/class/net/${place.bridge}/brif/${portName(place, host)}`)
}

/**
 * Makes the bridge, its address, the firewall and forwarding what they should be, and attaches the running `hosts` that lost it.
 * Notes in `record` what forwarding was before, for `removeNetwork`.
 */
export async function ensureNetwork(place: Place, record: LabRecord, hosts: readonly string[], progress: Progress): Promise<void> {
  const faults = await networkFaults(place, record.subnet, hosts)
  if (faults.length === 0) return
  progress.step('making the network')
  if (!existsSync(`/sys/class/net/${place.bridge}`)) {
    // A fixed hardware address: a bridge otherwise takes that of some port, and changes it under its neighbours.
    const hex = digest(place.dir, 10)
    await runCommand('ip', ['link', 'add', place.bridge, 'address', `02:${hex.match(/../g)?.join(':') ?? ''}`, 'type', 'bridge'])
    writeFileSync(`/proc/sys/net/ipv6/conf/${place.bridge}/disable_ipv6`, '1')
  }
  await runCommand('ip', ['address', 'replace', `${record.subnet}.1/24`, 'brd', '+', 'dev', place.bridge])
  await runCommand('ip', ['link', 'set', place.bridge, 'up'])
  // Naming the table first makes "delete" succeed where there is none; all in one transaction.
  await runCommand('nft', ['-f', '-'], { input: `table inet ${place.table}\ndelete table inet ${place.table}\n${firewallRules(place, record.subnet)}` })
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  const forwarding = readFileSync(forwardingFile, 'utf8').trim()
  if (record.forwarding?.bootId !== bootId) record.forwarding = { before: forwarding, bootId }
  if (forwarding !== '1') writeFileSync(forwardingFile, '1')
  for (const host of hosts) {
    if (!isAttached(place, host) && existsSync(`/sys/class/net/${portName(place, host)}`)) {
      await runCommand('ip', ['link', 'set', portName(place, host), 'master', place.bridge, 'up'])
    }
  }
}

/** Removes bridge and table, and gives net.ipv4.ip_forward back the value it had before the lab. Missing parts are fine. */
export async function removeNetwork(place: Place, record: LabRecord | undefined): Promise<void> {
  await runCommand('nft', ['-f', '-'], { input: `table inet ${place.table}\ndelete table inet ${place.table}\n` })
  if (existsSync(`/sys/class/net/${place.bridge}`)) await runCommand('ip', ['link', 'delete', place.bridge])
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  if (record?.forwarding?.bootId === bootId && record.forwarding.before !== readFileSync(forwardingFile, 'utf8').trim()) {
    writeFileSync(forwardingFile, record.forwarding.before)
  }
}
