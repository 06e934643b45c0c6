import { z } from 'zod'
import { defineModule, namedOnce, want } from '../lib/resource.ts'
import { connectionLimit, postgresName, postgresPassword, postgresText } from '../lib/resources/postgres/arguments.ts'
import { missingRoles, noSuchRole } from '../lib/resources/postgres/needed-role.ts'
import { postgresRoleResource } from '../lib/resources/postgres/postgres-role.ts'
import { postgresTimeResource } from '../lib/resources/postgres/postgres-time.ts'
import { storedForm } from '../lib/resources/postgres/scram.ts'
import { isListSetting, isNameList, joinNames, settingText } from '../lib/resources/postgres/setting.ts'

const flag = z.boolean('must be true or false').optional()

const settingName = /^[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)*$/
const settingValue = z.union([postgresText, z.number(), z.boolean(), z.array(postgresText), z.null()], 'must be a text, a number, true or false, a list of names, or null to reset it')

const config = z.record(z.string(), settingValue).superRefine(namedOnce('setting', setting => setting.toLowerCase())).transform((settings, context) => Object.fromEntries(Object.entries(settings).map(([given, value]) => {
  const name = given.toLowerCase()
  if (!settingName.test(given)) context.addIssue({ code: 'custom', path: [given], message: 'must be the name of a setting, as in \'work_mem\'' })
  if (Array.isArray(value) && !isListSetting(name)) context.addIssue({ code: 'custom', path: [given], message: 'must be one value: only settings such as search_path take a list' })
  if (typeof value === 'string' && isListSetting(name) && !isNameList(value)) context.addIssue({ code: 'custom', path: [given], message: 'must be a list of names, as in [\'app\', \'public\']' })
  if (value === null) return [name, null]
  if (Array.isArray(value)) return [name, joinNames(value.length ? value : [''])]
  return [name, settingText(name, typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value))]
})))

const args = z.strictObject({
  /** Name of the role; its case is kept. */
  name: postgresName,
  /**
   * A role that owns something or has privileges anywhere cannot be dropped; the error of
   * PostgreSQL lists them.
   * @default 'present'
   */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  /** May log in. @default as it is, true for a new one */
  login: flag,
  /** Superuser. @default as it is, false for a new one */
  superuser: flag,
  /** May create databases. @default as it is, false for a new one */
  createdb: flag,
  /** May create roles. @default as it is, false for a new one */
  createrole: flag,
  /**
   * Inherits the privileges of the roles it is a member of.
   * @default as it is, true for a new one
   */
  inherit: flag,
  /** May replicate. @default as it is, false for a new one */
  replication: flag,
  /** Bypasses row security. @default as it is, false for a new one */
  bypassrls: flag,
  /**
   * Password in clear text (the server never gets it: a SCRAM-SHA-256 verifier is computed here),
   * or a hash, which is stored unchanged. '' removes the password. An md5 hash on the server is
   * replaced.
   * @default as it is, none for a new one
   */
  password: postgresPassword.optional(),
  /** 'on-create': an existing role keeps the password it has. @default 'always' */
  updatePassword: z.enum(['always', 'on-create'], 'must be \'always\' or \'on-create\'').default('always'),
  /**
   * When the password expires: any time that PostgreSQL accepts, or 'infinity'.
   * @default as it is, never for a new one
   */
  validUntil: postgresText.min(1, 'must be a time, as in \'2030-01-31 12:00+00\', or \'infinity\'').optional(),
  /** Maximum number of connections; -1 is unlimited. @default as it is, -1 for a new one */
  connectionLimit: connectionLimit.optional(),
  /** '' removes the comment. @default as it is */
  comment: postgresText.optional(),
  /**
   * Settings of its sessions, as in `{ work_mem: '16MB', search_path: ['app', 'public'] }`; null
   * resets one.
   * @default as they are
   */
  config: config.optional(),
  /** Reset the settings that `config` does not name. @default false */
  resetOtherConfig: z.boolean('must be true or false').default(false),
  /** All roles that it is a member of. @default as they are */
  memberOf: z.array(postgresName, 'must be a list of roles').transform(roles => [...new Set(roles)].sort()).optional(),
})

/**
 * A role of PostgreSQL. What is left out stays as it is. stead connects as the host's user
 * postgres, over the socket.
 *
 * Not supported from Ansible's `postgresql_user`: `db` and `priv` (postgres-grant), `groups`
 * (`memberOf`), `encrypted` (passwords always are), `role_attr_flags` (an argument each),
 * `fail_on_user` (the task's `ignoreErrors`), `no_password_changes` (`updatePassword`),
 * `quote_configuration_values`, `trust_input`, `session_role`, and the `login_…` and `ssl_…`
 * arguments. Sources: PostgreSQL documentation, CREATE ROLE, ALTER ROLE, 21.5 Password
 * Authentication.
 *
 * @example
 * apt({ packages: ['postgresql'] })
 * postgresUser({ name: 'app', password: secret('correct horse battery staple'), connectionLimit: 20, config: { search_path: ['app', 'public'] } })
 */
export const postgresUser = defineModule({
  name: 'postgres-user',
  args,
  async plan({ name, state, login, password, updatePassword, validUntil, config: given, resetOtherConfig, ...fields }, host) {
    if (state === 'absent') return { wants: [want(postgresRoleResource, { name }, null)] }
    const [current, time, missing] = await Promise.all([
      host.current(postgresRoleResource, { name }), validUntil === undefined ? null : host.current(postgresTimeResource, { text: validUntil }), missingRoles(host, fields.memberOf ?? []),
    ])
    if (missing[0] !== undefined) throw noSuchRole(missing[0])
    const keeps = password === undefined || (current !== null && updatePassword === 'on-create')
    const stored = keeps ? undefined : await storedForm(password, current?.password?.bytes?.toString())
    const others = Object.entries(current?.config ?? {}).map(([setting, value]) => [setting, resetOtherConfig ? null : value] as const)
    return {
      wants: [want(postgresRoleResource, { name }, {
        ...fields,
        // An existing role keeps its setting: a group role must not become able to log in by
        // default.
        login: login ?? (current ? undefined : true),
        password: keeps ? undefined : (stored ?? null),
        validUntil: time?.utc ?? validUntil,
        config: given || resetOtherConfig ? { ...Object.fromEntries(others), ...given } : undefined,
      })],
    }
  },
})
