import { apply, type ApplyScript } from '../../shell/script.ts'

/**
 * Reads the member list of `$w/archive` and gives up, before anything is unpacked, if a member or
 * its link target would be outside. The format is detected from the first bytes (gzip, xz, bzip2,
 * zstd, zip), not from the name. Sets `$z` to tar or zip.
 */
export function listMembers(strip: number): ApplyScript {
  return apply`[ -s "$w/archive" ] || { echo 'The archive is empty: it has 0 bytes.' >&2; exit 1; }
need() { command -v "$1" >/dev/null || { echo "The archive needs $1, which is not on this host: install the package $2 (apt)." >&2; exit 69; }; }
z=tar
case $(head -c 6 "$w/archive" | od -An -v -tx1 | tr -d ' \n') in
  504b03*|504b05*) z=zip; need unzip unzip;;
  fd377a585a00) need xz xz-utils;;
  425a68*) need bzip2 bzip2;;
  28b52ffd*) need zstd zstd;;
esac
if [ $z = zip ]; then unzip -Z1 "$w/archive" >"$w/members"
else tar -tPv --numeric-owner --quoting-style=c -f "$w/archive" >"$w/members"; fi ||
  { echo "The archive cannot be read: it is damaged or not an archive. It starts with: $(head -c 60 "$w/archive" | tr -dc '[:print:]')" >&2; exit 1; }
awk -v kind=$z -v strip=${strip} '
  function out(p,  n, a, i) { if (p ~ /^\//) return 1; n = split(p, a, "/"); for (i = 1; i <= n; i++) if (a[i] == "..") return 1; return 0 }
  function leads(p, d,  n, a, i) { if (p ~ /^\//) return 1; n = split(p, a, "/"); for (i = 1; i <= n; i++) if (a[i] == "..") { if (--d < 0) return 1 } else if (a[i] != "." && a[i] != "") d++; return 0 }
  function word(  w) { if (!match(rest, /"([^"\\]|\\.)*"/)) return ""; w = substr(rest, RSTART + 1, RLENGTH - 2); rest = substr(rest, RSTART + RLENGTH); return w }
  {
    type = "-"; name = $0; to = ""; why = ""
    if (kind == "tar") { type = substr($0, 1, 1); rest = $0; name = word(); to = word() }
    if (out(name)) why = "is outside of the destination"
    else if (type ~ /[bcp]/) why = "is a device or a pipe"
    else if (type == "h" && out(to)) why = "is a hard link to " to
    else if (type == "l") { n = split(name, parts, "/"); d = -strip; for (i = 1; i < n; i++) if (parts[i] != "." && parts[i] != "") d++; if (leads(to, d)) why = "is a link that points outside, to " to }
    if (why != "") print name " " why
  }' "$w/members" >"$w/refused"
if [ -s "$w/refused" ]; then echo 'The archive was refused, and nothing was unpacked:' >&2; head -n 5 "$w/refused" >&2; exit 1; fi`
}

/**
 * Unpacks into `$w/tree`, and gives up if a link there points outside after all (through another
 * link).
 */
export function unpackMembers({ strip = 0, include = [], exclude = [] }: { strip?: number; include?: readonly string[]; exclude?: readonly string[] }): ApplyScript {
  const unzip = apply`unzip -q -o "$w/archive" ${include} ${exclude.length ? ['-x', ...exclude] : []} -d "$w/tree" >&2
  for i in ${Array.from({ length: strip }, (_, index) => String(index))}; do mkdir "$w/up"; find "$w/tree" -mindepth 2 -maxdepth 2 -exec mv -t "$w/up" -- {} +; rm -rf --one-file-system -- "$w/tree"; mv -T -- "$w/up" "$w/tree"; done
  chmod -R go-w -- "$w/tree"`
  const members = include.length ? ['--', ...include] : []
  return apply`if [ $z = zip ]; then ${unzip}
else tar -xf "$w/archive" -C "$w/tree" --no-same-owner --no-same-permissions --strip-components=${strip} --anchored --wildcards --wildcards-match-slash ${exclude.map(pattern => `--exclude=${pattern}`)} ${members}; fi
find "$w/tree" -mindepth 1 | grep -q . || { echo 'Nothing in the archive is left to unpack: check strip, include and exclude.' >&2; exit 1; }
find "$w/tree" -type l -exec sh -c 'b=$(realpath -- "$1"); shift; for l; do case $(realpath -m -- "$l") in "$b"/*|"$b") ;; *) printf "%s\n" "$l";; esac; done' sh "$w/tree" {} + >"$w/refused"
if [ -s "$w/refused" ]; then echo 'The archive was refused, since it contains links that point outside of the destination:' >&2; head -n 5 "$w/refused" | sed "s|^$w/tree/||" >&2; exit 1; fi
find "$w/tree" -type f -perm /6000 -exec chmod ug-s -- {} +
chmod 755 "$w/tree"`
}
