import { z } from 'zod'
import { apply, read } from '../../shell/script.ts'
import { linePerKey } from '../../state/read-answer.ts'
import type { Resource } from '../../state/resource.ts'
import { beside } from './beside.ts'

/** A file that the host downloads with apt-helper, so that it needs neither curl nor wget. */
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

/**
 * A file with the content of a URL. Content with another checksum never gets to its path. Source:
 * apt-helper, download-file (apt 2.6).
 */
export const fetchedFileResource: Resource<FetchedFileKey, FetchedFileState, z.infer<typeof schema>> = {
  kind: 'fetched-file',
  schema,
  identify: ({ path }) => path,
  read(keys) {
    const paths = keys.map(({ path }) => path)
    return {
      script: read`for p in ${paths}; do if [ -f "$p" ]; then s=$(sha256sum <"$p"); echo "\${s%% *} $(stat -L -c %04a -- "$p")"; else echo; fi; done`,
      parse: linePerKey(paths, 'Could not read the files.', line => {
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
# For a file: URL, the result is a link.
cat -- "$w/file" >"$w/new"; s=$(sha256sum <"$w/new"); [ "\${s%% *}" = ${desired.sha256} ]
chmod ${desired.mode} "$w/new"; sync -- "$w/new"; mv -fT -- "$w/new" "$p"`,
    }
  },
  forecast: {},
}
