import type { Play, Task } from '../../lib/index.ts'
import { elementWeb } from '../../modules/element-web.ts'
import type { SynapseVars } from '../synapse.ts'
import { places } from './places.ts'

/** Element Web, configured for this onion only. */
export function element({ task }: Play, options: SynapseVars, onion: Task<{ hostname: string }>): void {
  task('Element Web', async () => elementWeb({
    archive: options.element_archive,
    sha256: options.element_sha256,
    directory: places.element,
    config: 'element-config.json.eta',
    vars: { onion: (await onion).hostname, brand: 'Element' },
    socks: options.downloads_through_tor ? '127.0.0.1:9050' : undefined,
  }), { tags: ['element'] })
}
