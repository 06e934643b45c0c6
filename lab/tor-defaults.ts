import { existsSync, readFileSync } from 'node:fs'

/** Debian's defaults file for its service, from the package tor on this machine. */
const packaged = '/usr/share/tor/tor-service-defaults-torrc'

/** A fallback if the package here does not have it: the content in Debian's tor 0.4.7 to 0.4.9. */
const known = `DataDirectory /var/lib/tor
PidFile /run/tor/tor.pid
RunAsDaemon 1
User debian-tor
ControlSocket /run/tor/control GroupWritable RelaxDirModeCheck
ControlSocketsGroupWritable 1
SocksPort unix:/run/tor/socks WorldWritable
SocksPort 9050
CookieAuthentication 1
CookieAuthFileGroupReadable 1
CookieAuthFile /run/tor/control.authcookie
Log notice syslog
`

/**
 * The defaults file of a lab host's tor: Debian's own, and the lines that join the private network.
 */
export function torDefaults(join: string, file = packaged): string {
  return `${existsSync(file) ? readFileSync(file, 'utf8') : known}\n# The lab's private network.\n${join}`
}
