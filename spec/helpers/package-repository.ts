/** A package of a made-up repository. */
export interface MadePackage {
  name: string
  version: string
  /** Its suite. */
  suite: 'stable' | 'testing'
  /** More lines of its control file. */
  control?: string
  architecture?: string
  /** Maintainer scripts by name (postinst), without the first line. */
  scripts?: Record<string, string>
  /** Whether it has a configuration file, /etc/NAME.conf. */
  conffile?: boolean
}

/** Where the repository is on the host. */
export const repository = '/srv/repository'

/** Shell: builds one package with dpkg-deb into the repository's pool. */
function build({ name, version, control = '', architecture = 'all', scripts = {}, conffile }: MadePackage): string {
  const made = Object.entries(scripts).map(([script, text]) => `cat >DEBIAN/${script} <<'EOF'\n#!/bin/sh\nset -e\n${text}\nEOF\nchmod 755 DEBIAN/${script}`)
  return `rm -rf /tmp/made; mkdir -p /tmp/made/DEBIAN; cd /tmp/made; chmod 755 . DEBIAN
cat >DEBIAN/control <<'EOF'
Package: ${name}
Version: ${version}
Architecture: ${architecture}
Maintainer: Nobody <nobody@example.org>
Description: made for a spec
${control}EOF
sed -i '/^$/d' DEBIAN/control
${made.join('\n')}
${conffile ? `mkdir etc; echo 'made by ${version}' >etc/${name}.conf; echo /etc/${name}.conf >DEBIAN/conffiles` : ':'}
dpkg-deb --root-owner-group -b . ${repository}/pool/${fileName({ name, version, architecture })} >/dev/null`
}

/** The file of a package below the repository's pool. */
export function fileName({ name, version, architecture = 'all' }: Pick<MadePackage, 'name' | 'version' | 'architecture'>): string {
  return `${name}_${version.replace(':', '%3a')}_${architecture}.deb`
}

/**
 * Shell: creates a repository of these packages, with an index for each suite, as the host's only
 * source; no lists are fetched yet.
 */
export function makeRepository(packages: readonly MadePackage[]): string {
  const index = (suite: string): string => {
    const own = packages.filter(each => each.suite === suite)
    return `mkdir -p ${repository}/dists/${suite}/main/binary-amd64; cd ${repository}; i=dists/${suite}/main/binary-amd64/Packages; : >$i
for f in ${own.map(fileName).join(' ')}; do dpkg-deb -f pool/$f >>$i; printf 'Filename: pool/%s\\nSize: %s\\nSHA256: %s\\n\\n' $f $(stat -c %s pool/$f) $(sha256sum <pool/$f | cut -d' ' -f1) >>$i; done
printf 'Suite: ${suite}\\nCodename: ${suite}\\nArchitectures: amd64 all i386\\nComponents: main\\nDate: %s\\nSHA256:\\n %s %s main/binary-amd64/Packages\\n' "$(date -uR | sed 's/+0000/UTC/')" $(sha256sum <$i | cut -d' ' -f1) $(stat -c %s $i) >dists/${suite}/Release`
  }
  return `set -e; export DEBIAN_FRONTEND=noninteractive
mkdir -p /root/sources ${repository}/pool; mv -n /etc/apt/sources.list.d/* /root/sources/ 2>/dev/null || :
rm -f /etc/apt/sources.list.d/* /etc/apt/preferences.d/* /root/break
dpkg --get-selections '*' | sed -n 's/\\thold$/ install/p' | tr -s '\\t' ' ' | dpkg --set-selections
${packages.map(build).join('\n')}
${index('stable')}
${index('testing')}
rm -rf /var/lib/apt/lists/*; mkdir -p /var/lib/apt/lists/partial
echo 'deb [trusted=yes] file:${repository} stable main
deb [trusted=yes] file:${repository} testing main' >/etc/apt/sources.list.d/made.list
echo 'APT::Default-Release "stable"; Acquire::Retries "0";' >/etc/apt/apt.conf.d/80made`
}

/**
 * Shell: creates the repository, and leaves the host's own sources and lists alone; none of them
 * refers to it yet.
 */
export function addRepositoryBeside(packages: readonly MadePackage[]): string {
  return `set -e; rm -rf /root/kept; mkdir -p /root/kept; cp -a /etc/apt /root/kept/apt; cp -a /var/lib/apt/lists /root/kept/lists
(${makeRepository(packages)})
rm -rf /etc/apt /var/lib/apt/lists /tmp/made /root/sources; cp -a /root/kept/apt /etc/apt; cp -a /root/kept/lists /var/lib/apt/lists; rm -rf /root/kept
[ -n "$(ls /var/lib/apt/lists/*_Packages* 2>/dev/null)" ] || apt-get update -q >/dev/null
touch /var/lib/apt/lists`
}
