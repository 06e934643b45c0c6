import { createHash } from 'node:crypto'
import { z } from 'zod'
import { apply, read, readLines } from '../../shell/script.ts'
import { stdoutOf } from '../../state/read-answer.ts'
import type { Resource } from '../../state/resource.ts'
import { aptArguments, aptFunctions, autoremove, quietServices, type AptOptions } from './apt-get.ts'

/** A package file: on the host, downloaded by the host, or pushed from this machine. */
export interface DebKey {
  source: { path: string } | { url: string; sha256?: string } | { name: string; sha256: string; bytes: () => Uint8Array }
  options: AptOptions
}

export interface DebState {
  readonly [field: string]: string
  /** The package in the file, and its version. */
  package: string
  /** The installed version, or ''. */
  version: string
  status: 'installed' | 'not installed' | 'another version'
}

const schema = z.strictObject({ status: z.literal('installed') })

/**
 * Where the host records the content of a file that it does not keep: `NAME VERSION ARCHITECTURE`,
 * by the file's URL or checksum.
 */
const RECORDS = '/var/lib/stead/debs'

function record(source: DebKey['source']): string {
  if ('path' in source) return ''
  const identity = 'url' in source ? `${source.url} ${source.sha256 ?? ''}` : source.sha256
  return `${RECORDS}/${createHash('sha256').update(identity).digest('hex')}`
}

/** Shell: `D` prints whether the package in a file is installed, and in which version. */
const functions = read`
i() { dpkg-deb -W --showformat '\${Package} \${Version} \${Architecture}\n' -- "$1"; }
D() { # number, path, record
  p= v= a=
  if [ -n "$2" ]; then [ -f "$2" ] || return 0; p=$(i "$2") || return 1
  else [ -f "$3" ] || return 0; read -r p <"$3"
  fi
  set -- "$1" $p; q=$2:$4; if [ "$4" = all ]; then q=$2; fi
  s=$(dpkg-query -W -f '\${db:Status-Status} \${Version}' -- "$q" 2>/dev/null)
  echo "$1 $2 $3 $s"
}`

/**
 * A Debian package that comes as a file. The version in a file on the host is read from the file.
 * For a downloaded or pushed file, it is recorded by URL or checksum, so that the file is not
 * downloaded again to find it out. Sources: dpkg-deb(1), apt-get(8), apt-helper download-file.
 */
export const debResource: Resource<DebKey, DebState, z.infer<typeof schema>> = {
  kind: 'deb',
  schema,
  identify: ({ source }) => ('path' in source ? source.path : 'url' in source ? source.url : source.name),
  read: keys => ({
    script: readLines([functions, ...keys.map(({ source }, index) => read`D ${index} ${'path' in source ? source.path : ''} ${record(source)} || exit`)]),
    parse(output) {
      const stdout = stdoutOf(output, 'Could not read a package file.')
      const answers: (DebState | null)[] = keys.map(() => null)
      for (const line of stdout.toString().split('\n')) {
        const [index, name, version, status, installed = ''] = line.split(' ')
        if (!index || name === undefined || version === undefined) continue
        const present = status === 'installed'
        answers[Number(index)] = { package: `${name} ${version}`, version: present ? installed : '', status: !present ? 'not installed' : installed === version ? 'installed' : 'another version' }
      }
      return answers
    },
  }),
  apply({ source, options }) {
    const fetched = 'path' in source ? apply`f=${source.path}; [ -f "$f" ] || { echo "The file $f does not exist on this host."; exit 66; }`
      : 'url' in source ? apply`must /usr/lib/apt/apt-helper download-file ${source.url} "$f" ${source.sha256 === undefined ? [] : [`SHA256:${source.sha256}`]}`
        : apply`cat >"$f"; s=$(sha256sum <"$f"); [ "\${s%% *}" = ${source.sha256} ] || { echo 'The file did not arrive complete. Nothing was changed.'; exit 1; }`
    return {
      stdin: 'bytes' in source ? source.bytes() : undefined,
      script: apply`${aptFunctions(options)}
d=$(mktemp -du /tmp/stead-deb.XXXXXXXX); meanwhile deb "the package file in $d" "rm -rf -- $d"
mkdir -m 755 "$d" || exit; f=$d/package.deb
${fetched}
${functions}
p=$(i "$f") || exit
${quietServices(options)}
configure
apt-get -s install ${aptArguments(options)} -- "$f" >/dev/null 2>&1 </dev/null || fresh
must apt-get install ${aptArguments(options)} -- "$f"
${autoremove(options)}
${'path' in source ? apply`:` : apply`mkdir -p -m 700 /var/lib/stead ${RECORDS} && printf '%s\n' "$p" >${record(source)}`}`,
    }
  },
  forecast: {
    brings: ({ source, options }, current) => (current?.version ? undefined
      : { what: 'package', name: 'path' in source ? source.path : 'url' in source ? source.url : source.name, startsServices: options.startServices ?? true }),
  },
}
