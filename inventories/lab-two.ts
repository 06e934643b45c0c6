import { lab } from '../lab/inventory.ts'

/** Two homeservers that can federate over the lab's private Tor network. */
export default lab({ hosts: { alice: { groups: ['homeservers'], vars: { downloads_through_tor: false, packages_unsafe_io: true } }, bob: { groups: ['homeservers'], vars: { downloads_through_tor: false, packages_unsafe_io: true } } } })
