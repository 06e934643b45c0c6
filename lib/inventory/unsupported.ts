import { nearest } from '../text/nearest.ts'

/** The Ansible variables that stead supports. */
const supported = ['ansible_host', 'ansible_port', 'ansible_user', 'ansible_password', 'ansible_ssh_private_key_file', 'ansible_become', 'ansible_become_user', 'ansible_become_method', 'ansible_connection']

/**
 * These change how fast Ansible is or where it keeps its files, not how a host is set up or
 * reached.
 */
const harmless = /^ansible_(?:\w+_interpreter|group_priority|(?:ssh_)?pipelining|remote_tmp|async_dir|(?:ssh_)?retries|(?:ssh_|connect_)?timeout|(?:ssh_)?control_path(?:_dir)?|ssh_transfer_method|scp_if_ssh|sftp_batch_mode|ssh_use_tty|shell_executable)$/

/** Options of ssh_config(5) that change neither where ssh connects nor which keys it trusts. */
const harmlessOption = /^-o\s*['"]?(?:Control\w+|ServerAlive\w+|TCPKeepAlive|Connect\w+|Compression|LogLevel|BatchMode)[\s=]/i

interface Rule {
  name: RegExp
  /** Values that ask for what stead does anyway. */
  same: RegExp
  advice: (value: string) => string
}

const rules: readonly Rule[] = [
  { name: /^ansible_(?:ssh_(?:common_|extra_)?|scp_extra_|sftp_extra_)args$/, same: /^$/, advice: adviceOnArguments },
  { name: /^ansible_(?:ssh_)?host_key_checking$/, same: /^(?:true|yes|on|1)$/i, advice: () => 'stead always checks host keys. Remove it, and add the host\'s key to known_hosts.' },
  { name: /^ansible_become_flags$/, same: /^(?:-[HSn]+\s*)*$/, advice: () => 'stead calls sudo with -n alone. Remove it.' },
  { name: /^ansible_become_exe$/, same: /^(?:\S*\/)?sudo$/, advice: () => 'stead calls sudo. Remove it.' },
  { name: /^ansible_shell_type$/, same: /^sh$/, advice: () => 'stead speaks to sh. Remove it.' },
  { name: /^ansible_(?:become_|sudo_|su_)pass(?:word)?$/, same: /(?!)/, advice: () => 'stead becomes root by `sudo -n`, without a password. Remove it, and let the user do so (NOPASSWD in sudoers(5)), or log in as root.' },
  { name: /^ansible_\w*passphrase$|^ansible_(?:ssh_)?private_key$/, same: /(?!)/, advice: () => 'Remove it, and load the key into ssh-agent.' },
]

/** Whether arguments for ssh only change its speed or timeouts. */
function areHarmless(words: string): boolean {
  return words.split(/\s+(?=-)/).every(option => harmlessOption.test(option))
}

function adviceOnArguments(words: string): string {
  if (/proxy|(?:^|\s)-J/i.test(words)) return 'stead has no jump host and no proxy yet, and does not connect directly where one is asked for. Run stead on the jump host, and remove it there.'
  if (/StrictHostKey|KnownHosts/i.test(words)) return 'stead always checks host keys. Remove it; stead_known_hosts_file names a known_hosts file.'
  return 'stead has an SSH client of its own, which takes no options of ssh. Remove it; ansible_port, ansible_user and ansible_ssh_private_key_file say the same of port, user and key.'
}

/**
 * What to do about an Ansible variable that stead does not support and cannot ignore, since it may
 * change how a host is reached or set up.
 *
 * @returns undefined for a variable that makes no difference.
 * @example adviceOn('ansible_remote_tmp', '/var/tmp') // undefined
 */
export function adviceOn(name: string, value: unknown): string | undefined {
  if (harmless.test(name)) return undefined
  const text = typeof value === 'string' ? value.trim() : value === null ? '' : JSON.stringify(value)
  const rule = rules.find(each => each.name.test(name))
  if (rule) return rule.same.test(text) || (rule.advice === adviceOnArguments && areHarmless(text)) ? undefined : rule.advice(text)
  const near = nearest(name, supported)
  return near === undefined ? 'stead does not know what it would change. Remove it, or name it otherwise.' : `Did you mean ${near}?`
}
