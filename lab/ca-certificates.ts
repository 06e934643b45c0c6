import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { codeOf } from './lab-error.ts'

/** Where Debian looks for a machine's own certificates (update-ca-certificates(8)). */
const localDirectory = '/usr/local/share/ca-certificates'
/** Every certificate that a Debian machine trusts, in one file. */
export const bundleFile = '/etc/ssl/certs/ca-certificates.crt'

/**
 * Every certificate in PEM texts, once each, in a normal form: what differs in line ends or
 * comments is the same certificate.
 */
export function certificatesIn(...texts: readonly string[]): string[] {
  const found = texts.flatMap((text) => text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [])
  return [...new Set(found.map((pem) => {
    const body = pem.replace(/-----[^-]+-----/g, '').replace(/\s+/g, '')
    return `-----BEGIN CERTIFICATE-----\n${body.replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`
  }))]
}

/**
 * All CA certificates that this machine trusts: its own (an inspecting proxy's, say), those of its
 * bundle, and those that pip is configured with. Most are Debian's and are in the base image
 * anyway.
 * @param pipBundle file named by pip's `cert`.
 */
export function readMachineCertificates(pipBundle?: string): string[] {
  return certificatesIn(...localFiles(localDirectory).map(readIfThere), readIfThere(bundleFile), pipBundle ? readIfThere(pipBundle) : '')
}

/**
 * Puts those of `certificates` that the root at `root` does not trust yet in the place where its
 * update-ca-certificates finds them, so that they stay trusted when a package on the host rebuilds
 * the bundle. Returns how many there were; the caller then runs the command there.
 */
export function addCertificates(root: string, certificates: readonly string[]): number {
  const known = new Set(certificatesIn(readIfThere(path.join(root, bundleFile))))
  const missing = certificates.filter((certificate) => !known.has(certificate))
  missing.forEach((certificate, index) => {
    writeFileSync(path.join(root, localDirectory, `stead-lab-${index + 1}.crt`), certificate, { mode: 0o644 })
  })
  return missing.length
}

function localFiles(dir: string): string[] {
  try {
    return readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.crt')).sort().map((name) => path.join(dir, name))
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return []
    throw thrown
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return ''
    throw thrown
  }
}
