import { crc32 } from 'node:zlib'

/** The content of an archive: text by path. Directories are derived from the paths. */
export type Entries = Record<string, string>

/**
 * One 512-byte header of POSIX ustar (pax(1), "ustar Interchange Format"). Owner root, mode and
 * time fixed.
 */
function header(name: string, size: number, isDirectory: boolean): Buffer {
  if (Buffer.byteLength(name) > 100) throw new Error(`${name} is longer than the 100 bytes that this archive's headers have for a name`)
  const block = Buffer.alloc(512)
  const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, '0')}\0`
  block.write(name, 0)
  block.write(octal(isDirectory ? 0o755 : 0o644, 8), 100)
  block.write(octal(0, 8), 108)
  block.write(octal(0, 8), 116)
  block.write(octal(size, 12), 124)
  block.write(octal(0, 12), 136)
  block.write('        ', 148)
  block.write(isDirectory ? '5' : '0', 156)
  block.write('ustar\x0000', 257)
  block.write('root', 265)
  block.write('root', 297)
  // The checksum is computed with its own field blank.
  block.write(`${block.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

/**
 * A tar archive of `entries`: sorted, with every directory before its content. Equal entries give
 * equal bytes.
 */
export function tar(entries: Entries): Buffer {
  const names = new Set<string>()
  for (const name of Object.keys(entries)) {
    const parts = name.split('/')
    for (let depth = 1; depth < parts.length; depth += 1) names.add(`${parts.slice(0, depth).join('/')}/`)
    names.add(name)
  }
  const blocks = [...names].sort().flatMap((name) => {
    const content = Buffer.from(entries[name] ?? '')
    const isDirectory = name.endsWith('/')
    return [header(name, content.length, isDirectory), content, Buffer.alloc((512 - (content.length % 512)) % 512)]
  })
  return Buffer.concat([...blocks, Buffer.alloc(1024)])
}

/**
 * `data` in gzip format (RFC 1952) without compression and without a time. Compressed bytes differ
 * between releases of zlib, and with them a checksum that has to be the same for everyone.
 */
export function gzipStored(data: Buffer): Buffer {
  const parts: Buffer[] = [Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])]
  for (let start = 0; start === 0 || start < data.length; start += 0xffff) {
    const chunk = data.subarray(start, start + 0xffff)
    const block = Buffer.alloc(5)
    block.writeUInt8(start + 0xffff >= data.length ? 1 : 0, 0)
    block.writeUInt16LE(chunk.length, 1)
    block.writeUInt16LE(chunk.length ^ 0xffff, 3)
    parts.push(block, chunk)
  }
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(crc32(data), 0)
  trailer.writeUInt32LE(data.length, 4)
  return Buffer.concat([...parts, trailer])
}
