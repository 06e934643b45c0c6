import { expect } from 'chai'
import fc from 'fast-check'
import { alsoOf, askedLinks, linksOf } from '../../../../lib/resources/systemd/unit-links.ts'

describe('links by which units are enabled', () => {
  const unit = 'a@one.service'
  it('[fault 9] are those that [Install] requests, in the file and its drop-ins, in any spelling', () => {
    const file = '[Unit]\nWantedBy=no.target\n[Install]\n# WantedBy=no.target\n; no\n WantedBy = b.target \\\n  c.target\nRequiredBy=%i.target\nAlias=%p.service a@one.service\n[X-More]\nWantedBy=no.target\n'
    expect(askedLinks(unit, [file])).to.equal('a.service, b.target.wants, c.target.wants, one.target.requires')
    expect(askedLinks(unit, [file, '[Install]\nWantedBy=\nWantedBy=d.target\n'])).to.equal('a.service, d.target.wants, one.target.requires')
    expect(askedLinks(unit, [])).to.equal('')
  })
  it('[fault 9] are unknown if a specifier depends on the host, or systemd is newer', () => {
    expect(askedLinks(unit, ['[Install]\nWantedBy=%H.target\n'])).to.equal(undefined)
    expect(askedLinks(unit, ['[Install]\nUpheldBy=b.target\n'])).to.equal(undefined)
  })
  it('[fault 9] are found among all links; a link to a file elsewhere does not count', () => {
    const links = [
      { path: 'b.target.wants/a@one.service', target: '/lib/systemd/system/a@.service' }, { path: 'c.target.requires/a@one.service', target: '../a@.service' },
      { path: 'a@one.service', target: '/srv/a@one.service' }, { path: 'b.target.wants/a@two.service', target: '/lib/systemd/system/a@.service' },
      { path: 'nick.service', target: '/lib/systemd/system/a@one.service' }, { path: 'a@one.service.d/x.service', target: 'a@one.service' },
    ]
    expect(linksOf(unit, links)).to.equal('b.target.wants, c.target.requires, nick.service')
  })
  it('[fault 9] that were created as requested never differ, whatever the names', () => {
    const name = fc.stringMatching(/^[a-z0-9:_.-]{1,8}$/).map(text => `${text}.target`)
    fc.assert(fc.property(fc.uniqueArray(name), fc.uniqueArray(name), (wanted, required) => {
      const file = `[Install]\n${wanted.map(one => `WantedBy=${one}\n`).join('')}RequiredBy=${required.join(' ')}\n`
      const made = [...wanted.map(one => `${one}.wants/x.service`), ...required.map(one => `${one}.requires/x.service`)].map(path => ({ path, target: '/lib/systemd/system/x.service' }))
      expect(linksOf('x.service', made)).to.equal(askedLinks('x.service', [file]))
    }))
  })
  it('are those of other units too, which Also names', () => {
    expect(alsoOf(['[Unit]\nAlso=no.socket\n[Install]\nAlso = b.socket c.socket\nAlso=d.socket\n'])).to.deep.equal(['b.socket', 'c.socket', 'd.socket'])
  })
})
