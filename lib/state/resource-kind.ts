/**
 * The kinds of resource that stead's own code names, so that a misspelled kind is a type error. A
 * kind that is defined elsewhere needs no entry here: its resource names it, as in
 * `mountResource.kind`.
 */
export interface ResourceKinds {
  'account-number': true
  apt: true
  archive: true
  command: true
  'command-output': true
  deb: true
  debconf: true
  'fetched-file': true
  file: true
  group: true
  hostname: true
  mount: true
  need: true
  'nginx-site': true
  'onion-address': true
  'onion-clients': true
  'onion-directory': true
  'onion-key': true
  package: true
  'package-candidate': true
  'package-hold': true
  'package-lists': true
  'postgres-available': true
  /** What a new database contains beyond an empty one, and what extensions bring; only forecast. */
  'postgres-contents': true
  'postgres-database': true
  'postgres-extension': true
  'postgres-extensions': true
  'postgres-privileges': true
  'postgres-role': true
  'postgres-time': true
  secret: true
  sysctl: true
  /** What an interrupted run left on the host. It has no resource and is only forecast. */
  temporary: true
  tree: true
  unit: true
  'unit-event': true
  'unit-mask': true
  'unit-wait': true
  user: true
  venv: true
  wait: true
}

/** The name of a kind of resource, as it is printed in `file[/etc/motd]`. */
export type ResourceKind = keyof ResourceKinds

/**
 * @throws TypeError for a name that could not be distinguished from the rest of a line in reports.
 */
export function assertResourceKind(kind: string): asserts kind is ResourceKind {
  if (!/^[a-z][a-z0-9-]*$/.test(kind)) throw new TypeError(`${JSON.stringify(kind)} cannot be the kind of a resource: use lower-case letters, digits and hyphens, as in 'package-hold'.`)
}
