import { z } from 'zod'
import { absolutePath, defineModule, venv, want } from '../lib/index.ts'

const args = z.strictObject({
  path: absolutePath,
  /** Requirements as PEP 508 has them: `name`, `name==1.2`, `name[extra]>=1`. */
  packages: z.array(z.string().regex(/^[A-Za-z0-9]/, 'must be a requirement, as in \'requests==2.32\'').refine(text => !/[\r\n]/.test(text), 'must be one line')).default([]),
  /** @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  /** Interpreter that makes it. @default 'python3' */
  python: z.string().min(1).default('python3'),
  /** Let it see the packages of the system. @default false */
  systemSitePackages: z.boolean().default(false),
  /** Take wheels only and never run a package's build. @default true */
  onlyBinary: z.boolean().default(true),
  /** An HTTP proxy for pip, as in 'http://127.0.0.1:9081'; pip is then patient, since Tor may still be finding its way. */
  proxy: z.string().regex(/^(http|socks5h?):\/\/\S+$/, 'must be a proxy\'s URL').optional(),
})

/**
 * A virtual environment of Python with packages, and all that these require. What is installed is read from its metadata; pip is
 * run only when something is missing. Sources: PEP 405, PEP 508, pip documentation.
 *
 * @example
 * pipVenv({ path: '/opt/app/venv', packages: ['six==1.16.0'] })
 */
export const pipVenv = defineModule({
  name: 'pip-venv',
  args,
  plan({ path, packages, state, python, systemSitePackages, onlyBinary, proxy }) {
    const pipOptions = [...(onlyBinary ? ['--only-binary=:all:'] : []), ...(proxy === undefined ? [] : ['--proxy', proxy, '--retries', '10', '--timeout', '120'])]
    const key = { path, requirements: packages, python, systemSitePackages, pipOptions }
    return { wants: [want(venv, key, state === 'absent' ? null : { python: 'sound', missing: [] })] }
  },
})
