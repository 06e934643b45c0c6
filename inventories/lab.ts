import { lab } from '../lab/inventory.ts'

/** One homeserver, on a host that the lab brings. `npm run lab -- up lab` starts it ahead; `-i lab` does too. */
export default lab({ hosts: { synapse: { groups: ['homeservers'], vars: { downloads_through_tor: false, packages_unsafe_io: true } } } })
