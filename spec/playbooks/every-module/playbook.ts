import { z } from 'zod'
import { playbook } from '../../../lib/index.ts'
import { application } from './application.ts'
import { database } from './database.ts'
import { host } from './host.ts'
import { packages } from './packages.ts'
import { web } from './web.ts'

const vars = z.object({
  /** Release archive of Element Web, and its checksum. */
  element_archive: z.string(),
  element_sha256: z.string(),
})

/** A blank host becomes a server of notes: an application behind nginx and an onion service, with its database. It uses every module. */
export default playbook({
  name: 'Every module',
  hosts: 'notes',
  vars,
  tasks(play) {
    const pages = { archive: play.vars.element_archive, sha256: play.vars.element_sha256 }
    host(play)
    packages(play)
    database(play)
    application(play, pages)
    web(play, pages)
  },
})
