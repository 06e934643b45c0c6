import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { digest, type Place } from './place.ts'
import { gzipStored, tar, type Entries } from './tar.ts'

/** An archive and its checksum, as on a release page. */
export interface Archive {
  bytes: Buffer
  /** SHA-256, hexadecimal. */
  sha256: string
}

const version = 'v0.0.0-stand-in'

const script = `const show = (id, text) => { document.getElementById(id).textContent = text }

async function start() {
  const response = await fetch('config.json', { cache: 'no-store' })
  if (!response.ok) throw new Error('config.json: status ' + response.status)
  const config = await response.json()
  const server = config.default_server_config['m.homeserver']
  document.title = config.brand || 'Element stand-in'
  show('server', server.server_name || server.base_url)
  try {
    const answer = await fetch(server.base_url.replace(/\\/$/, '') + '/_matrix/client/versions')
    if (!answer.ok) throw new Error('status ' + answer.status)
    const { versions } = await answer.json()
    show('state', 'answers')
    show('versions', versions.join(' '))
  } catch (error) {
    show('state', 'does not answer')
    show('versions', String(error.message))
  }
}

start().catch((error) => {
  show('state', 'not configured')
  show('versions', String(error.message))
}).finally(() => { document.body.dataset.ready = 'true' })
`

const style = `body { font: 16px/1.5 sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem }
dt { color: #556 }
dd { margin: 0 0 1rem; font-weight: 600 }
`

const page = (hash: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Element stand-in</title>
<link rel="manifest" href="manifest.json">
<link rel="stylesheet" href="bundles/${hash}/bundle.css">
</head>
<body>
<img src="themes/element/img/logo.svg" alt="" width="48" height="48">
<h1>Element stand-in</h1>
<dl>
<dt>Homeserver</dt><dd id="server">…</dd>
<dt>It</dt><dd id="state">…</dd>
<dt>Versions</dt><dd id="versions">…</dd>
</dl>
<noscript>This page needs JavaScript.</noscript>
<script src="bundles/${hash}/bundle.js"></script>
</body>
</html>
`

const config = {
  default_server_config: { 'm.homeserver': { base_url: 'https://matrix.example', server_name: 'matrix.example' } },
  brand: 'Element stand-in',
  disable_guests: true,
}

/**
 * The files, laid out as in a release of Element Web: a playbook unpacks and configures it, and a
 * browser can show it.
 */
export function elementFiles(): Entries {
  const hash = digest(script + style, 20)
  const files: Entries = {
    'index.html': page(hash),
    'config.sample.json': `${JSON.stringify(config, null, 4)}\n`,
    version: `${version.slice(1)}\n`,
    'manifest.json': `${JSON.stringify({ name: 'Element stand-in', short_name: 'Element', start_url: 'index.html', display: 'standalone' }, null, 2)}\n`,
    'robots.txt': 'User-agent: *\nDisallow: /\n',
    [`bundles/${hash}/bundle.js`]: script,
    [`bundles/${hash}/bundle.css`]: style,
    'i18n/en_EN.json': `${JSON.stringify({ action: { sign_in: 'Sign in' } }, null, 2)}\n`,
    'i18n/languages.json': `${JSON.stringify({ en: 'en_EN.json' })}\n`,
    'themes/element/img/logo.svg': '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><circle cx="24" cy="24" r="22" fill="#0a7d5b"/><path d="M14 24h20M24 14v20" stroke="#fff" stroke-width="4"/></svg>\n',
  }
  return Object.fromEntries(Object.entries(files).map(([name, content]) => [`element-${version}/${name}`, content]))
}

/** The archive; always the same bytes, wherever it is made. Takes about a millisecond. */
export function elementStandIn(): Archive {
  const bytes = gzipStored(tar(elementFiles()))
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
}

/** Where the lab keeps the archive. Known before the archive exists. */
export const elementArchiveFile = (place: Place): string => path.join(place.dir, 'files', `element-${version}.tar.gz`)

/** Puts the archive in its place unless it already exists. */
export function writeElementArchive(place: Place, archive: Archive): void {
  const file = elementArchiveFile(place)
  if (existsSync(file) && archive.bytes.equals(readFileSync(file))) return
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o755 })
  writeFileSync(`${file}.new`, archive.bytes, { mode: 0o644 })
  renameSync(`${file}.new`, file)
}
