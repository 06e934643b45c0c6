import { z } from 'zod'
import { absolutePath, ArgumentError, defineModule, Secret, want } from '../lib/resource.ts'
import { findSource } from '../lib/module/render.ts'
import { parseRequirement } from '../lib/resources/python/requirement.ts'
import { readRequirements, runsBuild } from '../lib/resources/python/requirements-file.ts'
import { whyNotUv } from '../lib/resources/python/uv.ts'
import { venvResource } from '../lib/resources/python/venv.ts'

function isRequirement(text: string): boolean {
  try {
    return parseRequirement(text).name !== ''
  } catch {
    return false
  }
}
const requirement = z.string('must be a list of requirements').superRefine((text, context) => {
  try {
    parseRequirement(text)
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'must be a requirement, as in \'requests==2.32\'' })
  }
})
const files = z.union([z.string(), z.array(z.string())], 'must be a file, or a list of files').transform(given => (typeof given === 'string' ? [given] : given)).default([])
const place = z.string().regex(/^\S+$/, 'must be a URL or a path')

const args = z.strictObject({
  path: absolutePath,
  /** Requirements as in PEP 508: `name`, `name==1.2`, `name[extra]>=1`, `name @ URL`. */
  packages: z.array(requirement).default([]),
  /**
   * Requirements files on the controller, found like templates; `-r` and `-c` in them are followed.
   * @default none
   */
  requirements: files,
  /** Constraints files on the controller. @default none */
  constraints: files,
  /**
   * Packages that must not be installed in it; system packages stay, and are visible with
   * `systemSitePackages`.
   * @default []
   */
  absentPackages: z.array(z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/, 'must be the name of a package')).default([]),
  /** `absent` removes the whole directory. @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  /** The interpreter to create it with. @default 'python3' */
  python: z.string().min(1).default('python3'),
  /** Let it see the packages of the system. @default false */
  systemSitePackages: z.boolean('must be true or false').default(false),
  /**
   * `uv` resolves and installs faster; pip fetches it first, in a version with a checksum that
   * stead knows, and it is removed again. `auto`: uv for a new environment, where it can do what
   * pip does with these arguments and the host's configuration of pip.
   * @default 'pip'
   */
  installer: z.enum(['pip', 'uv', 'auto'], 'must be \'pip\', \'uv\' or \'auto\'').default('pip'),
  /**
   * Install wheels only and never run a package's build: a URL must then point to a wheel.
   * @default true
   */
  onlyBinary: z.boolean('must be true or false').default(true),
  /** Index to use instead of PyPI; a Secret if it contains a password. */
  index: z.union([place, z.instanceof(Secret)], 'must be a URL, or a Secret of one').optional(),
  /** Directories of the host, or pages, with wheels. @default [] */
  findLinks: z.array(place).default([]),
  /** Install only from findLinks, not from an index. @default false */
  noIndex: z.boolean('must be true or false').default(false),
  /**
   * An HTTP proxy for pip, as in 'http://127.0.0.1:9081'; pip then uses longer timeouts, since Tor
   * may still be building circuits.
   */
  proxy: z.string().regex(/^(http|socks5h?):\/\/[^\s@]+$/, 'must be a proxy\'s URL, without a password, which everybody could see in ps').optional(),
}).superRefine(({ packages, onlyBinary, installer, proxy }, context) => {
  const reason = installer === 'uv' ? whyNotUv({ onlyBinary, proxy, lines: [] }) : undefined
  if (reason !== undefined) context.addIssue({ code: 'custom', path: ['installer'], message: `must be 'pip' or 'auto': ${reason}` })
  for (const [index, text] of packages.entries()) {
    if (onlyBinary && isRequirement(text) && runsBuild(text)) context.addIssue({ code: 'custom', path: ['packages', index], message: 'must be the URL of a wheel (.whl), or onlyBinary: false has to allow its build' })
  }
})

/**
 * A Python virtual environment with packages and their dependencies. Installed packages are read
 * from their metadata; pip and Python run only if something is missing. An environment is recreated
 * if its Python is missing or has another version, if it was moved, or if an interrupted run or pip
 * left it incomplete. Not supported from Ansible's `pip`: `latest` (not a readable state; pin a
 * version), `forcereinstall` (an event), `version` (part of the requirement), `editable`,
 * `extra_args`, `executable` and `break_system_packages` (only environments are written),
 * `virtualenv_command`, `umask`, `chdir`. Sources: PEP 405, PEP 508, PEP 610, pip documentation.
 *
 * @example
 * task('Python', apt({ packages: ['python3-venv'] }))
 * task('Application', pipVenv({ path: '/opt/app/venv', packages: ['six==1.16.0'] }))
 */
export const pipVenv = defineModule({
  name: 'pip-venv',
  args,
  plan({ path, packages, requirements: given, constraints, absentPackages, state, python, systemSitePackages, onlyBinary, index, findLinks, noIndex, proxy, installer }) {
    const found = readRequirements(given.map(findSource), constraints.map(findSource), { wheelsOnly: onlyBinary })
    const address = index instanceof Secret ? index.reveal() : index
    const options = [...(address === undefined ? [] : [`--index-url ${address}`]), ...(noIndex ? ['--no-index'] : []), ...findLinks.map(link => `--find-links ${link}`)]
    const text = (lines: readonly string[]) => lines.map(line => `${line}\n`).join('')
    const lines = [...found.lines, ...found.constraintLines]
    const reason = whyNotUv({ onlyBinary, proxy, lines })
    if (installer === 'uv' && reason !== undefined) throw new ArgumentError('pip-venv', [{ argument: 'installer', message: `must be 'pip' or 'auto': ${reason}` }])
    const uv = installer === 'pip' || reason !== undefined ? {} : { uv: { orPip: installer === 'auto', ...(proxy === undefined ? {} : { proxy }), requireHashes: lines.some(line => /\s--hash\b/.test(line)) } }
    const key = {
      path, python, systemSitePackages, unwanted: absentPackages,
      requirements: [...packages, ...found.requirements], constraints: found.constraints,
      files: { requirements: text([...options, ...packages, ...found.lines]), constraints: text(found.constraintLines) },
      pipOptions: [...(onlyBinary ? ['--only-binary=:all:'] : []), ...(proxy === undefined ? [] : ['--proxy', proxy, '--retries', '10', '--timeout', '120'])],
      ...uv,
    }
    return { wants: [want(venvResource, key, state === 'absent' ? null : { python: 'sound', systemSitePackages, missing: [], unwanted: [] })] }
  },
})
