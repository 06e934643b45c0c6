import { dropHost } from './module-host.ts'

/** The lab host that all specs about files share; it is removed once all of them are done. */
export const fileHostName = 'spec-files'

after(() => dropHost(fileHostName))
