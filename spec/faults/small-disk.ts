import type { LabHost } from '../helpers/lab-host.ts'

/** Where the runs write; each gets a separate disk that is nearly full. */
const places = ['/etc', '/opt', '/var/lib/stead', '/var/lib/dpkg']
const disk = (place: string) => `/run/small${place.replaceAll('/', '-')}`

/** Puts each place on a separate disk with 40 MB left. */
export async function makeSmall(host: LabHost): Promise<void> {
  await host.run(places.map(place => `mkdir -p ${place} ${disk(place)}
size=$(du -sm ${place} | cut -f 1); mount -t tmpfs -o mode=0755,size=$((size + 40))m small ${disk(place)}; cp -a ${place}/. ${disk(place)}/; chmod --reference=${place} ${disk(place)}; mount --bind ${disk(place)} ${place}`).join('\n'))
}

/** Shell: fills the disks. */
export const fillDisk = places.map(place => `head -c 1G /dev/zero >${disk(place)}/full 2>/dev/null || :`).join('\n')

/** Shell: frees space, and moves what was written to the host's own disk. */
export const freeDisk = `mkdir -p /run/under; mount --bind / /run/under
${places.map(place => `rm -f ${disk(place)}/full; find /run/under${place} -mindepth 1 -delete; cp -a ${disk(place)}/. /run/under${place}/; umount -l ${place} ${disk(place)}; rmdir ${disk(place)}`).join('\n')}
umount /run/under; rmdir /run/under`
