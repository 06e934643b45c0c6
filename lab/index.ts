/**
 * The lab: real Debian 12 hosts and a private Tor network on this machine, for `-i lab` and for
 * specs. One lab per machine (or per STEAD_LAB_DIR), shared by all clones of this repository and
 * kept until `npm run lab -- down`.
 */
export { labDown } from './down.ts'
export { ensureLab, removeHost, resetHost, type EnsureOptions } from './ensure.ts'
export { lab, type LabHost, type LabInventory, type LabOptions } from './inventory.ts'
export { LabError } from './lab-error.ts'
export { showProgress, silent, type Progress } from './progress.ts'
export { labStatus, torReady, type HostStatus, type LabStatus } from './status.ts'
