import { dropHost } from './module-host.ts'

/**
 * The lab host that all specs about units, users, Tor, nginx and commands share; it is removed once
 * all of them are done.
 */
export const unitHostName = 'spec-units'

after(() => dropHost(unitHostName))
