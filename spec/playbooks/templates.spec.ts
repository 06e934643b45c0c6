import path from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { parse } from 'yaml'
import { z } from 'zod'
import { renderTemplate } from '../../lib/module/render.ts'
import { yamlString } from '../../lib/resources/files/yaml.ts'
import { nginxString } from '../../lib/resources/nginx/quote.ts'
import { systemdCommand, systemdEnvironment } from '../../lib/resources/systemd/quote.ts'
import { torrcValue } from '../../lib/resources/tor/quote.ts'

const source = (name: string) => path.join(import.meta.dirname, '../../playbooks/synapse', name)
const hostile = fc.oneof(
  fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...'a:#-"\'\\{}[],&*!|>%@`;$<=> \n\r\t\u0085\u2028\ufeff') }),
  fc.constantFrom('x"\nregistration_shared_secret: "known', 'a: b', '*a', '- b', '<%= it.onion %>', '"}, "x": {"', 'null', 'yes', '1'),
)
const vars = fc.record({ onion: hostile, configDir: hostile, dataDir: hostile, federateWith: fc.array(hostile, { minLength: 1, maxLength: 3 }), maxUploadSize: hostile, roomVersion: hostile, localMediaLifetime: hostile, remoteMediaLifetime: hostile })
const rendered = (name: string, given: Readonly<Record<string, unknown>>) => renderTemplate(source(name), given).bytes?.toString() ?? ''

describe('templates of the Synapse playbook', () => {
  it('keep hostile values as values: YAML is read back as intended, without an extra key (property)', () => {
    const homeserver = z.looseObject({ server_name: z.string(), public_baseurl: z.string(), log_config: z.string(), media_store_path: z.string(), max_upload_size: z.string(), signing_key_path: z.string(), federation_domain_whitelist: z.array(z.string()), default_room_version: z.string(), media_retention: z.strictObject({ local_media_lifetime: z.string(), remote_media_lifetime: z.string() }) })
    const render = (given: Readonly<Record<string, unknown>>) => homeserver.parse(parse(rendered('homeserver.yaml.eta', { text: yamlString, registration: 'token', circuitIds: false, profilesOverFederation: true, ...given }), { version: '1.1' }))
    const usual = Object.keys(render({ onion: 'a', configDir: 'a', dataDir: 'a', federateWith: ['a'], maxUploadSize: '1M', roomVersion: '12', localMediaLifetime: '1d', remoteMediaLifetime: '1d' }))
    fc.assert(fc.property(vars, given => {
      const found = render(given)
      expect(Object.keys(found)).to.deep.equal(usual)
      const { onion, configDir, dataDir, federateWith, maxUploadSize, roomVersion, localMediaLifetime, remoteMediaLifetime } = given
      expect(found).to.deep.include({
        server_name: onion, public_baseurl: `http://${onion}/`, log_config: `${configDir}/log.yaml`, media_store_path: `${dataDir}/media`, max_upload_size: maxUploadSize, signing_key_path: `${configDir}/signing.key`,
        federation_domain_whitelist: federateWith, default_room_version: roomVersion, media_retention: { local_media_lifetime: localMediaLifetime, remote_media_lifetime: remoteMediaLifetime },
      })
    }), { numRuns: 100 })
    fc.assert(fc.property(hostile, logLevel => {
      expect(z.looseObject({ root: z.looseObject({ level: z.string() }) }).parse(parse(rendered('log.yaml.eta', { text: yamlString, logLevel }))).root.level).to.equal(logLevel)
    }), { numRuns: 50 })
  }).timeout(180_000)

  it('keep hostile values as values: JSON is read back as intended, without an extra key (property)', () => {
    const shape = z.looseObject({ brand: z.string(), help_url: z.string(), jitsi: z.strictObject({ preferred_domain: z.string() }), enable_presence_by_hs_url: z.record(z.string(), z.boolean()) })
    const usual = Object.keys(shape.parse(JSON.parse(rendered('element-config.json.eta', { onion: 'a', brand: 'b' }))))
    fc.assert(fc.property(hostile, hostile, (onion, brand) => {
      const found = shape.parse(JSON.parse(rendered('element-config.json.eta', { onion, brand })))
      expect(Object.keys(found)).to.deep.equal(usual)
      expect(found).to.deep.include({ brand, help_url: `http://${onion}/help/`, jitsi: { preferred_domain: onion }, enable_presence_by_hs_url: { [`http://${onion}`]: false } })
    }), { numRuns: 100 })
  }).timeout(180_000)

  it('every syntax that is written takes a hostile value as one value, or refuses it: no quoted word contains a bare line break that ends its line (property)', () => {
    fc.assert(fc.property(hostile, value => {
      for (const quote of [torrcValue, (text: string) => systemdCommand(['/bin/echo', text]), (text: string) => systemdEnvironment({ A: text }), yamlString]) {
        let quoted
        try {
          quoted = quote(value)
        } catch (error) {
          expect(error).to.be.instanceOf(RangeError)
          continue
        }
        expect(quoted, JSON.stringify(value)).not.to.match(/[\n\r]/)
      }
      try {
        // A line break is a character like any other between the quotes of nginx.
        expect(nginxString(value, { variables: true })).to.match(/^"(?:[^"\\]|\\["\\r])*"$/)
      } catch (error) {
        expect(error).to.be.instanceOf(RangeError)
      }
    }), { numRuns: 300 })
  })
})
