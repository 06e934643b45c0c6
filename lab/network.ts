import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { digest, portName, type Place } from './place.ts'
import type { Progress } from './progress.ts'
import type { LabRecord } from './record.ts'
import { runCommand, tryCommand } from './run-command.ts'

const forwardingFile = '/proc/sys/net/ipv4/ip_forward'

/**
 * The rules of the lab's table. Hosts can talk to each other and to the bridge's address, where the
 * private Tor network is. Outside of the machine they reach only web servers (packages) and name
 * servers, over IPv4; nobody reaches them from outside. Other traffic is left to other tables.
 */
export function firewallRules(place: Place, subnet: string): string {
  const rules = chains(place, subnet)
  return `table inet ${place.table} {
  comment "${rulesMark(rules)}"
${rules}}\n`
}

/** Distinguishes the lab's table from one with other rules. */
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

/** What is wrong with the network; empty if nothing is. */
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
 * Sets up the bridge, its address, the firewall and forwarding, and attaches running `hosts` that
 * are not connected. Records the old value of forwarding in `record`, for `removeNetwork`.
 */
export async function ensureNetwork(place: Place, record: LabRecord, hosts: readonly string[], progress: Progress): Promise<void> {
  const faults = await networkFaults(place, record.subnet, hosts)
  if (faults.length === 0) return
  progress.step('setting up the network')
  if (!existsSync(`/sys/class/net/${place.bridge}`)) {
    // A fixed hardware address: otherwise a bridge takes that of one of its ports, and may change
    // it at any time.
    const hex = digest(place.dir, 10)
    await runCommand('ip', ['link', 'add', place.bridge, 'address', `02:${hex.match(/../g)?.join(':') ?? ''}`, 'type', 'bridge'])
    writeFileSync(`/proc/sys/net/ipv6/conf/${place.bridge}/disable_ipv6`, '1')
  }
  await runCommand('ip', ['address', 'replace', `${record.subnet}.1/24`, 'brd', '+', 'dev', place.bridge])
  await runCommand('ip', ['link', 'set', place.bridge, 'up'])
  // Naming the table first makes "delete" succeed if it does not exist; all in one transaction.
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

/**
 * Removes bridge and table, and restores the old value of net.ipv4.ip_forward. Missing parts are
 * fine.
 */
export async function removeNetwork(place: Place, record: LabRecord | undefined): Promise<void> {
  await runCommand('nft', ['-f', '-'], { input: `table inet ${place.table}\ndelete table inet ${place.table}\n` })
  if (existsSync(`/sys/class/net/${place.bridge}`)) await runCommand('ip', ['link', 'delete', place.bridge])
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  if (record?.forwarding?.bootId === bootId && record.forwarding.before !== readFileSync(forwardingFile, 'utf8').trim()) {
    writeFileSync(forwardingFile, record.forwarding.before)
  }
}
