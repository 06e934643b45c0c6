import type { LabHost } from '../helpers/lab-host.ts'

/** Where a run of the scenes writes; each gets a disk of its own that is nearly full. */
const places = ['/etc', '/opt', '/var/lib/stead', '/var/lib/dpkg']
const disk = (place: string) => `/run/small${place.replaceAll('/', '-')}`

/** Puts each place on a disk of its own that has 40 MB left. */
export async function makeSmall(host: LabHost): Promise<void> {
  await host.run(places.map(place => `mkdir -p ${place} ${disk(place)}
size=$(du -sm ${place} | cut -f 1); mount -t tmpfs -o mode=0755,size=$((size + 40))m small ${disk(place)}; cp -a ${place}/. ${disk(place)}/; chmod --reference=${place} ${disk(place)}; mount --bind ${disk(place)} ${place}`).join('\n'))
}

/** Shell: nothing more can be written there. */
export const fillDisk = places.map(place => `head -c 1G /dev/zero >${disk(place)}/full 2>/dev/null || :`).join('\n')

/** Shell: there is room again, and what was written is on the host's own disk. */
export const freeDisk = `mkdir -p /run/under; mount --bind / /run/under
${places.map(place => `rm -f ${disk(place)}/full; find /run/under${place} -mindepth 1 -delete; cp -a ${disk(place)}/. /run/under${place}/; umount -l ${place} ${disk(place)}; rmdir ${disk(place)}`).join('\n')}
umount /run/under; rmdir /run/under`
