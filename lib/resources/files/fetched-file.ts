import { z } from 'zod'
import { apply, read } from '../../shell/script.ts'
import { linePerKey } from '../../state/read-answer.ts'
import type { Resource } from '../../state/resource.ts'
import { beside } from './beside.ts'

/** A file that the host fetches with apt's own downloader, so that neither curl nor wget is needed. */
export interface FetchedFileKey {
  path: string
  url: string
}

export interface FetchedFileState {
  readonly [field: string]: string
  sha256: string
  mode: string
}

const schema = z.strictObject({ sha256: z.string(), mode: z.string() })

/** A file with the content that a URL has. What does not have the checksum never comes to its place. Source: apt-helper, download-file (apt 2.6). */
export const fetchedFileResource: Resource<FetchedFileKey, FetchedFileState, z.infer<typeof schema>> = {
  kind: 'fetched-file',
  schema,
  identify: ({ path }) => path,
  read(keys) {
    const paths = keys.map(({ path }) => path)
    return {
      script: read`for p in ${paths}; do if [ -f "$p" ]; then s=$(sha256sum <"$p"); echo "\${s%% *} $(stat -L -c %04a -- "$p")"; else echo; fi; done`,
      parse: linePerKey(paths, 'The files could not be looked at.', line => {
        const [sha256 = '', mode] = line.split(' ')
        return mode === undefined ? null : { sha256, mode: mode.padStart(4, '0') }
      }),
    }
  },
  apply({ path, url }, current, desired) {
    if (desired === null) return { script: apply`rm -f -- ${path}` }
    if (current?.sha256 === desired.sha256) return { script: apply`chmod ${desired.mode} -- ${path}` }
    return {
      script: apply`set -e; p=${path}; mkdir -p -- "\${p%/*}"; cd -- "\${p%/*}"
${beside(path)}
N; mkdir -m 755 -- "$n"; w=$(pwd -P)/$n
/usr/lib/apt/apt-helper download-file ${url} "$w/file" ${`SHA256:${desired.sha256}`}
# Of a file: URL it gives a link.
cat -- "$w/file" >"$w/new"; s=$(sha256sum <"$w/new"); [ "\${s%% *}" = ${desired.sha256} ]
chmod ${desired.mode} "$w/new"; sync -- "$w/new"; mv -fT -- "$w/new" "$p"`,
    }
  },
  forecast: {},
}
