import { expect } from 'chai'
import type { HostReport } from '../../lib/report/report.ts'
import { expectForetold } from './four-rounds.ts'
import { labHost, type SpecHost, type Work } from './module-host.ts'
import { makeRepository, type MadePackage } from './package-repository.ts'

/**
 * What the specs of apt install: versions, dependencies, conflicts and scripts of every kind, in
 * two suites.
 */
const made: readonly MadePackage[] = [
  ...(['1.0.0', '1.0.1'] as const).map((version): MadePackage => ({ name: 'foo', version, suite: 'stable', conffile: true })),
  ...(['2.0.0', '2.0.1'] as const).map((version): MadePackage => ({ name: 'foo', version, suite: 'testing', conffile: true })),
  { name: 'foobar', version: '1.0.0', suite: 'stable', control: 'Depends: foo (= 1.0.0)\n' },
  { name: 'foobar', version: '1.0.1', suite: 'stable', control: 'Depends: foo\n' },
  { name: 'rival', version: '1', suite: 'stable', control: 'Conflicts: foo\nProvides: rivalry\n' },
  { name: 'mailer-one', version: '1', suite: 'stable', control: 'Provides: mailer\n' },
  { name: 'mailer-two', version: '1', suite: 'stable', control: 'Provides: mailer\n' },
  { name: 'rigid', version: '1', suite: 'stable', control: 'Depends: foo (= 1.0.0)\n' },
  { name: 'thing', version: '1', suite: 'stable', control: 'Provides: thing-mode (= 3)\n' },
  { name: 'fragile', version: '1', suite: 'stable', scripts: { postinst: '[ ! -e /root/break ] || { echo fragile is broken >&2; exit 1; }' } },
  { name: 'asking', version: '1', suite: 'stable', scripts: { postinst: 'if read -r answer; then echo "was answered $answer" >&2; exit 1; fi' } },
  // Asks the policy as invoke-rc.d(8) does.
  { name: 'serving', version: '1', suite: 'stable', scripts: { postinst: 'if [ -x /usr/sbin/policy-rc.d ] && ! /usr/sbin/policy-rc.d serving start; then echo kept; else echo started; fi >/run/serving' } },
  { name: 'walker', version: '1', suite: 'stable', architecture: 'amd64', control: 'Multi-Arch: foreign\nProvides: postman\n' },
  ...['amd64', 'i386'].map((architecture): MadePackage => ({ name: 'libtwice', version: '1', suite: 'stable', architecture, control: 'Multi-Arch: same\n' })),
  { name: 'foreign', version: '1', suite: 'stable', architecture: 'i386', control: 'Multi-Arch: foreign\n' },
]
const names = [...new Set(made.map(({ name }) => name))].filter(name => name !== 'foreign')

/** A lab host whose only package source contains made-up packages, and helpers for specs. */
export class MadePackagesHost {
  readonly host: SpecHost

  private constructor(host: SpecHost) {
    this.host = host
  }

  static async of(name: string): Promise<MadePackagesHost> {
    const host = await labHost(name)
    await host.sh(`${makeRepository(made)}\nexec >/dev/null 2>&1; dpkg --add-architecture i386; apt-get update && touch /var/lib/apt/lists`)
    return new MadePackagesHost(host)
  }

  /**
   * Brings the host into a state by hand, starting without any of the packages and with fresh
   * lists; `i` installs.
   */
  async given(script = ''): Promise<void> {
    await this.host.sh(`exec >/dev/null 2>&1 </dev/null; export DEBIAN_FRONTEND=noninteractive
rm -f /root/break /etc/apt/preferences.d/* /etc/apt/sources.list.d/broken.list
dpkg --get-selections '*' | sed -n 's/[[:blank:]]hold$/ install/p' | dpkg --set-selections
[ /var/lib/apt/lists -nt /etc/apt/sources.list.d ] || { apt-get update; touch /var/lib/apt/lists; }
p=$(dpkg-query -W -f '\${Package}:\${Architecture}\\n' ${names.join(' ')} foreign:i386 | sed -n 's/:all$//; /:$/d; p'); [ -z "$p" ] || dpkg --purge --force-all $p || :
i() { apt-get install -y --allow-downgrades "$@"; }
${script}
:`)
  }

  /**
   * dpkg's short status and the version, as in 'ii 1.0.0'; empty for a package that dpkg does not
   * know.
   */
  async version(of = 'foo'): Promise<string> {
    return this.host.sh(`dpkg-query -W -f '\${db:Status-Abbrev}\${Version}' ${of} 2>/dev/null | sed 's/^.n $//'`)
  }

  /** Checks, applies, and compares the two. */
  async apply(work: Work): Promise<HostReport> {
    const state = 'dpkg -l; apt-mark showmanual; stat -c "%s %y" /var/log/dpkg.log 2>/dev/null || :'
    const before = await this.host.sh(state)
    const check = await this.host.check(work)
    expect(await this.host.sh(state), 'check mode writes nothing').to.equal(before)
    const applied = await this.host.run(work)
    if (applied.status !== 'failed') expectForetold(check, applied)
    return applied
  }
}
