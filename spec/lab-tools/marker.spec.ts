import { expect } from 'chai'
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { deleteTrees } from '../../lab/delete-tree.ts'
import { claimDirectory, markerName, ownership, refuseForeign } from '../../lab/marker.ts'
import { labPlace, type Place } from '../../lab/place.ts'

describe('lab: whose a state directory is', () => {
  let parent = ''
  let place: Place
  beforeEach(() => {
    parent = mkdtempSync(path.join(tmpdir(), 'stead-marker-'))
    place = labPlace(path.join(parent, 'lab'))
  })
  afterEach(() => { rmSync(parent, { recursive: true }) })
  const put = (name: string, text = ''): void => {
    mkdirSync(path.dirname(path.join(place.dir, name)), { recursive: true })
    writeFileSync(path.join(place.dir, name), text)
  }
  const record = JSON.stringify({ version: 1, subnet: '10.90.1', socksPort: 20001, hosts: { synapse: { address: '10.90.1.12', base: '0123abcd' } } })

  it('[fault 21] belongs to the lab if it contains the marker, whatever else in it is damaged', () => {
    claimDirectory(place)
    put('lab.json', 'damaged')
    put('anything')
    expect(ownership(place)).to.equal('ours')
  })

  it('[fault 21] may become the lab\'s if it is empty, or contains only the lock of a lab that has just ended', () => {
    expect(ownership(place)).to.equal('free')
    put('lock', 'process 17 (down, since 2026-01-01T00:00:00.000Z)\n')
    expect(ownership(place)).to.equal('free')
    claimDirectory(place)
    expect(ownership(place)).to.equal('ours')
  })

  it('[fault 21] belongs to somebody else otherwise: nothing is written there, and the error says what is there and what to do', () => {
    const others: Record<string, () => void> = {
      'has files': () => { put('letters') },
      'has a lock of something else': () => { put('lock', 'mine\n') },
      'has a record and other things': () => { put('lab.json', record); put('letters') },
      'has a record that is not one': () => { put('lab.json', '{}') },
      'has a host that leads out of it': () => { put('lab.json', record.replace('synapse', '../../etc')) },
      'has an image that leads out of it': () => { put('lab.json', record.replace('0123abcd', '../../../etc')) },
      'has a link for a marker': () => { put('letters'); symlinkSync('letters', path.join(place.dir, markerName)) },
      'is a file': () => { writeFileSync(place.dir, 'text') },
      'is a link to nowhere': () => { symlinkSync('nowhere', place.dir) },
    }
    for (const [what, make] of Object.entries(others)) {
      rmSync(place.dir, { recursive: true, force: true })
      make()
      const names = lstatSync(place.dir).isDirectory() ? readdirSync(place.dir) : []
      expect(ownership(place), what).to.equal('foreign')
      expect(() => { claimDirectory(place) }, what).to.throw(/is not a lab.*nothing was changed.*STEAD_LAB_DIR/)
      expect(() => { refuseForeign(place) }, what).to.throw(/is not a lab.*nothing was deleted.*touch .*stead-lab/)
      expect(lstatSync(place.dir).isDirectory() ? readdirSync(place.dir) : [], what).to.deep.equal(names)
    }
  })

  it('[fault 21] belongs to the lab if an earlier version created it, which wrote no marker', () => {
    for (const name of ['lock', 'id_ed25519', 'hosts/synapse/console.log', 'tor/started']) put(name)
    expect(ownership(place)).to.equal('foreign')
    put('lab.json', record)
    expect(ownership(place)).to.equal('ours')
  })

  it('[fault 21] is known by its real path, which is needed to find the mounts below it', () => {
    symlinkSync(parent, path.join(parent, 'link'))
    expect(labPlace(path.join(parent, 'link', 'lab'))).to.deep.equal(place)
    symlinkSync('/', path.join(parent, 'root'))
    expect(() => labPlace(path.join(parent, 'root', 'srv'))).to.throw(/at least two levels deep/)
  })

  it('[fault 21] deletes nothing outside of it', async () => {
    put('hosts/a/file')
    for (const tree of [place.dir, parent, `${place.dir}/../other`, `${place.dir}/hosts/../../x`, '/', `${place.dir}2`]) {
      expect(await deleteTrees(place, path.join(place.dir, 'hosts'), tree).then(() => 'deleted', String), tree).to.match(/is not inside/)
    }
    expect(existsSync(path.join(place.dir, 'hosts/a/file'))).to.equal(true)
    await deleteTrees(place, path.join(place.dir, 'hosts'))
    expect(readdirSync(place.dir)).to.deep.equal([])
  })
})
