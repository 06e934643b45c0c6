import { dropHost } from './module-host.ts'

/**
 * The lab host that all specs about packages and a host's small settings share; it is removed once
 * all of them are done.
 */
export const aptHostName = 'spec-apt'

after(() => dropHost(aptHostName))
