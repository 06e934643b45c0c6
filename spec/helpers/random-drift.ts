import fc from 'fast-check'

/** Something done by hand to a piece of state that a playbook keeps. */
export interface Damage {
  /** The piece of state, as a report names it. */
  resource: string
  /** A shell script; what it cannot do (the thing is gone already) it leaves. */
  script: string
}

const sql = (statement: string, database = 'postgres') => `cd / && runuser -u postgres -- psql -XAtqc '${statement.replaceAll("'", "'\\''")}' '${database}'`

/** By kind of state, scripts that make it differ; `name` is as the report has it. */
const damages: Record<string, (name: string) => string[]> = {
  file: path => [`rm -rf '${path}'`, `chmod 0777 '${path}'`, `chown nobody:nogroup '${path}'`, `[ ! -f '${path}' ] || echo '# by hand' >>'${path}'`, `[ ! -f '${path}' ] || sed -i 1d '${path}'`, `[ ! -L '${path}' ] || ln -sfn /nowhere '${path}'`],
  unit: unit => [`systemctl stop '${unit}'`, `systemctl disable '${unit}'`, `systemctl disable --now '${unit}'`],
  package: name => [`apt-get remove -y -q '${name}'`, `apt-mark auto '${name}'`, `dpkg --force-depends --purge '${name}'`],
  'package-hold': name => [`apt-mark unhold '${name}'`],
  debconf: question => [`echo "man-db ${question} boolean true" | debconf-set-selections`],
  user: name => [`usermod -aG daemon '${name}'`, `usermod -s /bin/sh '${name}'`, `usermod -c 'By hand' '${name}'`, `usermod -L '${name}'`],
  hostname: () => ['hostname elsewhere', 'echo elsewhere >/etc/hostname'],
  sysctl: name => [`echo 10000 60000 >/proc/sys/${name.replaceAll('.', '/')}`],
  mount: path => [`umount '${path}'`, `mount -o remount,size=4m '${path}'`],
  secret: path => [`rm -f '${path}'`, `chmod 0644 '${path}'`, `chown nobody '${path}'`, `: >'${path}'`],
  command: path => [`rm -f '${path}'`],
  archive: path => [`find '${path}' -type f ! -name '.stead*' | head -n 1 | xargs -r rm`, `echo by hand >'${path}/by-hand'`, `rm -rf '${path}'`],
  venv: path => [`rm -rf '${path}'/lib/python3*/site-packages/six*`, `rm -f '${path}/bin/python3'`],
  'nginx-site': name => [`rm -f '/etc/nginx/sites-enabled/${name}.conf'`, `echo '# by hand' >>'/etc/nginx/sites-available/${name}.conf'`, `chmod 0600 '/etc/nginx/sites-available/${name}.conf'`],
  'postgres-role': name => [sql(`ALTER ROLE "${name}" CREATEDB CONNECTION LIMIT 1`), sql(`COMMENT ON ROLE "${name}" IS 'By hand'`), sql(`ALTER ROLE "${name}" NOLOGIN`)],
  'postgres-database': name => [sql(`COMMENT ON DATABASE "${name}" IS NULL`), sql(`ALTER DATABASE "${name}" OWNER TO postgres`)],
  'postgres-extension': name => [sql(`DROP EXTENSION "${name.split(' in ')[0] ?? ''}"`, name.split(' in ')[1])],
  'postgres-privileges': name => [sql(`ALTER DEFAULT PRIVILEGES FOR ROLE "${/made by (\S+)/.exec(name)?.[1] ?? ''}" REVOKE ALL ON TABLES FROM "${name.split(' ')[0] ?? ''}"`, name.split(' in ')[1])],
}

/**
 * Arbitrary damage, up to `most` pieces of it at once, to what a report says that a run made.
 * `spare` are pieces of state without which the host could not be reached or repaired.
 */
export function anyDamage(resources: readonly string[], { most = 4, spare = [] }: { most?: number; spare?: readonly RegExp[] } = {}): fc.Arbitrary<Damage[]> {
  const all = [...new Set(resources)].filter(resource => !spare.some(pattern => pattern.test(resource))).flatMap(resource => {
    const [, kind = '', name = ''] = /^([a-z-]+)\[(.*)\]$/s.exec(resource) ?? []
    return (damages[kind]?.(name) ?? []).map((script): Damage => ({ resource, script }))
  })
  if (all.length === 0) throw new Error(`Nothing of this can be damaged: ${resources.join(', ')}`)
  return fc.uniqueArray(fc.constantFrom(...all), { minLength: 1, maxLength: most, selector: ({ resource }) => resource })
}

/** Shell: does the damage, as far as it can be done. */
export function doDamage(damage: readonly Damage[]): string {
  return `export DEBIAN_FRONTEND=noninteractive\n${damage.map(({ script }) => `( ${script} ) >/dev/null 2>&1 </dev/null || :`).join('\n')}`
}
