import { z } from 'zod'
import { qualifiedName, formatPackageSpec, type PackageSpec } from './package-spec.ts'
import { parsePolicy, parseReverseProvides } from './policy.ts'
import { read, readLines } from '../../shell/script.ts'
import type { Reading, Resource } from '../../state/resource.ts'
import { CACHE_VALID_SECONDS, dpkgFunction, listsFunction, NO_CACHE_FILES } from './apt-get.ts'

export interface CandidateKey {
  spec: PackageSpec
  state: 'present' | 'latest'
  release?: string
  cacheValidSeconds?: number
  /** Skip a package that is not installed. */
  onlyUpgrade?: boolean
}

/** What apt knows about a package that is to be installed or changed. */
export interface CandidateState {
  readonly [field: string]: boolean | string | undefined | readonly string[] | { readonly [package_: string]: string | null }
  /** There are package lists, newer than the requested age and than the sources. */
  fresh: boolean
  /**
   * In a check: an earlier task will have fetched the lists, so it is not known what apt will do.
   */
  refetched?: boolean
  /** The version that apt would choose. */
  candidate?: string
  /** All available versions, highest first. */
  versions: readonly string[]
  /** Why apt refused to look, in its words: for example, no source has the release. */
  refused?: string
  /** It is not installed, and held that way (`apt-mark hold`). */
  held?: boolean
  /**
   * If no package has this name: the packages that provide it, as `NAME VERSION`, each with the
   * version that it provides, if it says.
   */
  providers: { readonly [package_: string]: string | null }
  /** The requested name. */
  name: string
}

/**
 * What apt would install. It is only looked up for packages that are not as desired, so it costs
 * nothing on a matching host, where the answer is null. Never written. Source: apt-cache(8), policy
 * and showpkg.
 */
export const packageCandidateResource: Resource<CandidateKey, CandidateState, Record<string, never>> = {
  kind: 'package-candidate',
  schema: z.strictObject({}),
  identify: ({ spec, state, release, onlyUpgrade }) => [formatPackageSpec(spec), state, release ?? '', onlyUpgrade ? 'upgrade' : ''].join(' '),
  read: readCandidates,
  apply: () => { throw new TypeError('package-candidate is never written.') },
  forecast: {},
}

/**
 * Shell: `q` checks one package; the names that have to be looked up are collected in `$w`, for one
 * release.
 */
const functions = read`
${listsFunction}
${dpkgFunction}
nl='
'
q() { # number, name, latest, only upgrade, operator, version
  case $2 in *:*) p=$2;; *) p=$2:$n;; esac
  v=
  case $d in
    *"$nl$p installed "*) v=\${d#*"$nl$p installed "};;
    *"$nl\${p%:*}:all installed "*) v=\${d#*"$nl\${p%:*}:all installed "};;
  esac
  v=\${v%%"$nl"*}
  if [ -z "$v" ]; then [ "$4" = 0 ] || return 0
  elif [ "$3" = 0 ]; then
    case $5 in
      '') return 0;;
      '=') case $v in $6) return 0;; esac;;
      *) ! dpkg --compare-versions "$v" ge "$6" || return 0;;
    esac
  fi
  h=; if [ -z "$v" ] && [ "$(of db:Status-Want "$2")" = hold ]; then h=held; fi
  # apt calls those of the host's own architecture by their bare names.
  echo "=need $1 $h"; w="$w \${2%:"$n"}"
}
look() { # options of apt-cache; the names are words of $w, which hold no special characters
  [ -n "$w" ] || return 0
  o=$(apt-cache ${NO_CACHE_FILES} "$@" policy -- $w 2>/dev/null) || { printf '=refused\n'; apt-cache ${NO_CACHE_FILES} "$@" policy -- $w 2>&1 >/dev/null; }
  printf '=policy\n%s\n' "$o"
  for p in $w; do
    case "$nl$o$nl=" in *"$nl$p:$nl  Installed: (none)$nl  Candidate: (none)$nl  Version table:$nl"[!\ ]*) echo "=provides $p"; apt-cache ${NO_CACHE_FILES} showpkg -- "$p" 2>/dev/null;; esac
  done
}`

function readCandidates(keys: readonly CandidateKey[]): Reading<CandidateState> {
  const names = [...new Set(keys.map(({ spec }) => qualifiedName(spec)))]
  const releases = [...new Set(keys.map(({ release }) => release))]
  const groups = releases.map(release => {
    const questions = keys.flatMap(({ spec, state, onlyUpgrade, release: own }, index) => (own !== release ? []
      : [read`q ${index} ${qualifiedName(spec)} ${state === 'latest' ? 1 : 0} ${onlyUpgrade ? 1 : 0} ${spec.operator ?? ''} ${spec.version ?? ''}`]))
    return readLines([read`w=`, ...questions, release === undefined ? read`look` : read`look -t ${release}`])
  })
  return {
    script: readLines([functions, read`d="$nl$(dpkg-query -W -f '\${Package}:\${Architecture} \${db:Status-Status} \${Version}\n' -- ${names} 2>/dev/null)$nl"
lists; echo "=lists $age $has/$newer $n"`, ...groups, read`:`]),
    parse: ({ stdout }) => parseCandidates(stdout.toString(), keys),
  }
}

function parseCandidates(text: string, keys: readonly CandidateKey[]): (CandidateState | null)[] {
  const answers: (CandidateState | null)[] = keys.map(() => null)
  let [age, has, newer, native] = [Infinity, false, false, '']
  const nameOf = (key: CandidateKey | undefined) => (key ? qualifiedName(key.spec).replace(new RegExp(`:${native}$`), '') : '')
  let asked: number[] = []
  for (const section of text.split(/^=(?=lists |need |refused$|policy$|provides )/m)) {
    const [heading = '', ...rest] = section.split('\n')
    const [what, word = '', flags = '', own = ''] = heading.split(' ')
    const body = rest.join('\n')
    if (what === 'lists') [age, has, newer, native] = [Number(word), flags.startsWith('1'), flags.endsWith('1'), own]
    if (what === 'need') {
      const { cacheValidSeconds = CACHE_VALID_SECONDS } = keys[Number(word)] ?? {}
      answers[Number(word)] = { fresh: has && !newer && age < cacheValidSeconds, versions: [], providers: {}, name: nameOf(keys[Number(word)]), ...(flags === 'held' ? { held: true } : {}) }
      asked.push(Number(word))
    }
    if (what === 'refused') {
      for (const index of asked) {
        const answer = answers[index]
        if (answer) answers[index] = { ...answer, refused: body.trim() }
      }
    }
    if (what === 'policy') {
      const policies = parsePolicy(body)
      for (const index of asked) {
        const policy = policies.get(nameOf(keys[index]))
        const answer = answers[index]
        if (policy && answer) answers[index] = { ...answer, candidate: policy.candidate, versions: policy.versions }
      }
      asked = []
    }
    if (what === 'provides') {
      keys.forEach((key, index) => {
        const answer = answers[index]
        if (answer && nameOf(key) === word) answers[index] = { ...answer, providers: parseReverseProvides(body) }
      })
    }
  }
  return answers
}
