import { apply } from '../../shell/script.ts'
import { fileResource } from './file.ts'

/** The directory of the administrator's units. */
const directory = '/etc/systemd/system/'

/**
 * A unit file or a drop-in of systemd: a file whose removal, too, is followed by one daemon-reload
 * in the same frame. A whole unit is disabled and stopped before it is removed; for a template, so
 * are all its instances. Source: systemd.unit(5).
 */
export const unitFileResource: typeof fileResource = {
  ...fileResource,
  apply(key, current, desired) {
    if (desired !== null) return fileResource.apply(key, current, desired)
    const [, unit] = new RegExp(`^${directory}([^/]+)$`).exec(key.path) ?? []
    const stop = unit === undefined ? apply`:` : apply`if [ -d /run/systemd/system ]; then systemctl disable -q --runtime --no-reload -- ${unit} || :; systemctl disable -q --no-reload -- ${unit} || :; systemctl stop -- ${unit.replace('@.', '@*.')} || :; fi`
    const above = unit === undefined ? apply`rmdir --ignore-fail-on-non-empty -- ${key.path.replace(/\/[^/]*$/, '')}` : apply`:`
    return { script: apply`set -e; ${stop}; rm -f -- ${key.path}; ${above}; if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi` }
  },
}
