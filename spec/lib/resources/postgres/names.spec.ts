import { expect } from 'chai'
import fc from 'fast-check'
import { encodingName, encodings } from '../../../../lib/resources/postgres/encoding.ts'
import { icuLocaleName, localeName } from '../../../../lib/resources/postgres/locale.ts'
import { isNameList, joinNames, parseNames, settingText } from '../../../../lib/resources/postgres/setting.ts'
import { sql } from '../../../helpers/postgres-host.ts'

describe('names that PostgreSQL spells in several ways', () => {
  it('[database 4] an encoding is the same in any spelling', () => {
    for (const given of ['UTF8', 'utf8', 'UTF-8', 'utf-8', 'Unicode']) expect(encodingName(given)).to.equal('UTF8')
    expect(encodingName('ISO 8859-15')).to.equal('LATIN9')
    expect(encodingName('windows-1252')).to.equal('WIN1252')
    expect(encodingName('utf-9')).to.equal(undefined)
  })

  it('every encoding has the id that PostgreSQL gives it', async () => {
    const spellings = [...encodings, 'utf-8', 'Unicode', 'ALT', 'KOI8', 'TCVN', 'TCVN5712', 'VSCII', 'ABC', 'WIN', 'windows-1250', 'windows-866', ...[1, 2, 3, 4, 9, 10, 13, 14, 15, 16].map(part => `ISO-8859-${part}`)]
    const canonical = await sql(spellings.map(given => `select pg_encoding_to_char(pg_char_to_encoding('${given}'));`).join('\n'))
    expect(spellings.map(given => encodingName(given))).to.deep.equal(canonical.split('\n'))
  }).timeout(300_000)

  it('[database 4] a locale is the same with any spelling of its character set', () => {
    expect(localeName('C.UTF-8')).to.equal(localeName('C.utf8'))
    expect(localeName('de_DE.UTF-8@euro')).to.equal('de_DE.utf8@euro')
    expect(localeName('POSIX')).to.equal('C')
    expect(localeName('en_US')).not.to.equal(localeName('en_US.utf8'))
    expect(localeName('en_US.utf8')).not.to.equal(localeName('en_GB.utf8'))
    expect(icuLocaleName('es_ES')).to.equal('es-ES')
    expect(icuLocaleName('de-u-co-phonebk')).to.equal(icuLocaleName('de-u-co-phonebk'))
    expect(icuLocaleName('')).to.equal('')
  })

  it('[role 11] a list of names is parsed as in SQL', () => {
    expect(parseNames('a,b')).to.deep.equal(parseNames('a, b'))
    expect(parseNames('"$user", Public')).to.deep.equal(['$user', 'public'])
    expect(parseNames('"a,b"')).to.deep.equal(['a,b'])
    expect(settingText('search_path', 'a,b')).to.equal('a, b')
    expect(settingText('work_mem', '16MB')).to.equal('16MB')
    for (const wrong of ['a,,b', 'a b', '"a', ',a', 'a,']) expect(isNameList(wrong), wrong).to.equal(false)
  })

  it('any list of names comes back from its text (property)', () => {
    fc.assert(fc.property(fc.array(fc.string(), { minLength: 1 }), names => { expect(parseNames(joinNames(names))).to.deep.equal(names) }))
  })
})
