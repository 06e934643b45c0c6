import { lab } from '../lab/inventory.ts'

/** One host for each kind of peer, since each sets the same up with other files (bench/peers.ts). */
export default lab({ hosts: { 'peer-ansible': { groups: ['peers'] }, 'peer-pyinfra': { groups: ['peers'] } } })
