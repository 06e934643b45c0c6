import { ReadError } from '../../errors.ts'
import { want, type HostView, type Want } from '../../playbook/module.ts'
import { debResource, type DebKey } from './deb.ts'
import { fileResource } from '../files/file.ts'
import { lowerVersion } from './plan-packages.ts'
import { compareVersions } from './version.ts'

/**
 * Plans the installation of a package file.
 *
 * @throws ReadError for what apt-get would refuse: a file that does not exist on the host, or a
 * downgrade that is not allowed.
 */
export async function planDeb(key: DebKey, host: HostView): Promise<Want> {
  const path = 'path' in key.source ? key.source.path : undefined
  const [current, there] = await Promise.all([host.current(debResource, key), path === undefined ? null : host.current(fileResource, { path })])
  if (path !== undefined && !current && !there && !host.anythingPending()) throw new ReadError(`The file ${path} does not exist on this host.`, { hint: 'Create it in an earlier task.' })
  const [name = '', version = ''] = current?.package.split(' ') ?? []
  if (current?.status === 'another version' && !key.options.allowDowngrade && compareVersions(version, current.version) < 0) throw lowerVersion(name, current.version, version)
  return want(debResource, key, { status: 'installed' })
}
