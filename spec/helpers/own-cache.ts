import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/**
 * Environment for runs of the command: their bundles are separate from the user's own, and are
 * removed after the specs of this process.
 */
export const ownCache = { XDG_CACHE_HOME: mkdtempSync(path.join(tmpdir(), 'stead-spec-cache-')) }

process.once('exit', () => rmSync(ownCache.XDG_CACHE_HOME, { recursive: true, force: true }))
