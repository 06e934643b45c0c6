import { z } from 'zod'
import type { Resource } from '../../state/resource.ts'
import { parseRows, readSql, sqlLiterals, superuser } from './psql.ts'

const row = z.object({
  name: z.string(),
  defaultVersion: z.string(),
  versions: z.array(z.object({ version: z.string(), requires: z.array(z.string()) })).nullable(),
})

/**
 * What a server offers of an extension: the default version, and for each version the extensions
 * that it requires.
 */
export interface AvailableState {
  readonly [field: string]: string | Readonly<Record<string, string>>
  defaultVersion: string
  /** By version: names separated by spaces. */
  requires: Readonly<Record<string, string>>
}

const nothing = z.strictObject({})

/**
 * An extension that can be created in any database, since its files are on the host. Only read:
 * extensions come with packages. Sources: PostgreSQL documentation, pg_available_extensions,
 * pg_available_extension_versions.
 */
export const postgresAvailableResource: Resource<{ name: string }, AvailableState, Record<string, never>> = {
  kind: 'postgres-available',
  schema: nothing,
  identify: ({ name }) => name,
  read(keys) {
    const names = keys.map(({ name }) => name)
    return {
      user: superuser,
      script: readSql(`select coalesce(json_agg(json_build_object('name', name, 'defaultVersion', default_version, 'versions', (select json_agg(json_build_object('version', v.version, 'requires', coalesce(v.requires, '{}'))) from pg_available_extension_versions v where v.name = e.name))), '[]') from pg_available_extensions e where name in (${sqlLiterals(names)})`),
      parse(output) {
        const found = new Map(parseRows(output).map(value => row.parse(value)).map(({ name, defaultVersion, versions }) => [name, {
          defaultVersion, requires: Object.fromEntries((versions ?? []).map(({ version, requires }) => [version, requires.join(' ')])),
        }]))
        return names.map(name => found.get(name) ?? null)
      },
    }
  },
  apply: ({ name }) => { throw new TypeError(`postgres-available (${name}) is never written.`) },
  forecast: {},
}
