import { z } from 'zod'
import { ReadError } from '../errors.ts'
import { apply, read } from '../shell/script.ts'
import type { Change, Reading, Resource, Writing } from '../state/resource.ts'

export interface PackageKey {
  name: string
  /** Also what the package recommends. */
  recommends?: boolean
  /** false: the package must not start its services; what they are to be is a task's business (policy-rc.d of invoke-rc.d(8)). */
  startsServices?: boolean
  /** Seconds to wait for another process that holds dpkg's or apt's lock. */
  lockTimeoutSeconds?: number
  /** Seconds for which the package lists count as fresh. */
  cacheValidSeconds?: number
}

export interface PackageState {
  readonly [field: string]: string | boolean | undefined
  version: string
}

const schema = z.object({ version: z.string().optional() })

/**
 * A Debian package. Installed is what dpkg calls installed (state `ii` or `hi`); configuration left behind (`rc`), half installed or
 * unpacked packages are not. Sources: dpkg-query(1), apt-get(8), apt.conf(5).
 */
export const packages: Resource<PackageKey, PackageState, z.infer<typeof schema>> = {
  kind: 'package',
  schema,
  identify: ({ name }) => name,
  read: readPackages,
  apply: (key, current, desired) => install([{ key, current, desired }]),
  applyTogether: install,
  brings: ({ name, startsServices }) => ({ name, startsServices: startsServices ?? true }),
}

function readPackages(keys: readonly PackageKey[]): Reading<PackageState> {
  const names = keys.map(({ name }) => name)
  return {
    script: read`dpkg-query -W -f '\${Package}\t\${db:Status-Status}\t\${Version}\t\${Architecture}\n' -- ${names} 2>/dev/null; [ $? -le 1 ]`,
    parse({ stdout, stderr, exitCode }) {
      if (exitCode !== 0) throw new ReadError('dpkg could not be asked.', { stderr, exitCode, hint: 'stead\'s apt works on Debian and its descendants only.' })
      const versions = new Map<string, string>()
      for (const line of stdout.toString().split('\n')) {
        const [name = '', status, version = '', architecture = ''] = line.split('\t')
        if (status === 'installed') versions.set(name, version).set(`${name}:${architecture}`, version)
      }
      return names.map(name => {
        const version = versions.get(name)
        return version === undefined ? null : { version }
      })
    },
  }
}

function install(changes: readonly Change<PackageKey, PackageState, z.infer<typeof schema>>[]): Writing {
  const first = changes[0]
  const lock = first?.key.lockTimeoutSeconds ?? 60
  const options = ['-y', '-q', '-o', `DPkg::Lock::Timeout=${lock}`, '-o', 'Dpkg::Options::=--force-confdef', '-o', 'Dpkg::Options::=--force-confold', ...(first?.key.recommends ? [] : ['--no-install-recommends'])]
  const wanted = changes.map(({ key, desired }) => (desired === null ? `${key.name}-` : desired.version === undefined ? key.name : `${key.name}=${desired.version}`))
  const quiet = changes.some(({ key }) => key.startsServices === false)
  return {
    script: apply`set -e
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
update() { # the lists have a lock of their own, for which apt-get does not wait
  i=0; until o=$(apt-get update -q -o APT::Update::Error-Mode=any 2>&1); do
    case $o in *'Could not get lock'*) [ $i -lt ${lock} ] || { echo "$o" >&2; exit 100; }; i=$((i+1)); sleep 1;; *) echo "$o" >&2; exit 100;; esac
  done
}
fresh=$(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' -mmin -${Math.ceil((first?.key.cacheValidSeconds ?? 86400) / 60)} 2>/dev/null | head -n 1)
[ -n "$fresh" ] || update
[ -z "$(dpkg --audit)" ] || dpkg --configure -a --force-confdef --force-confold
if [ ${quiet ? 1 : 0} = 1 ] && ! [ -e /usr/sbin/policy-rc.d ]; then
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d
fi
apt-get install ${options} -- ${wanted}`,
  }
}
