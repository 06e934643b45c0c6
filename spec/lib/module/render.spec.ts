import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { formatError } from '../../../lib/report/format-error.ts'
import { contentOf, findSource, renderTemplate, sourceContent, type TemplateVars } from '../../../lib/module/render.ts'
import { secret } from '../../../lib/secret/secret.ts'
import type { Content } from '../../../lib/state/content.ts'
import { inTemporaryDirectory } from '../shell/local-session.ts'

let count = 0

/** Renders a text as a template of its own. */
const render = (template: string, vars: TemplateVars): Promise<Content> => inTemporaryDirectory(async directory => {
  const source = path.join(directory, `template-${(count += 1)}.eta`)
  writeFileSync(source, template)
  return renderTemplate(source, vars)
})
const text = async (template: string, vars: TemplateVars): Promise<string | undefined> => (await render(template, vars)).bytes?.toString()
const complaint = (template: string, vars: TemplateVars): Promise<string> => render(template, vars).then(() => 'it was rendered', (error: unknown) => formatError(error))

describe('renderTemplate', () => {
  it('puts variables in as they are: no HTML, no whitespace lost', async () => {
    expect(await text('a: <%= it.a %>\n\n  <% for (const x of it.list) { %>- <%= x %>\n  <% } %>end\n', { a: '<&"\'>', list: ['1', '2'] })).to.equal('a: <&"\'>\n\n  - 1\n  - 2\n  end\n')
  })

  it('[fault 51] every line ends as in the template, whatever is between; trimming tags remove a whole CRLF', async () => {
    const source = 'a\r\nb\n<%= it.x %>\r\n<% if (it.x) {\r\n %>\r\nyes\r\n<% } -%>\r\nlone\rcr\r\n<%- it.x %>|\r\n  <%_ it.x _%>  \r\n end\r\n'
    expect(await text(source, { x: 'v\r\nw' })).to.equal('a\r\nb\nv\r\nw\r\n\r\nyes\r\nlone\rcr|end\r\n')
    for (const ending of ['\r\n', '\n'] as const) {
      const own = await inTemporaryDirectory(async directory => {
        writeFileSync(path.join(directory, `ending-${ending.length}.eta`), 'a\r\nb\n')
        return renderTemplate(path.join(directory, `ending-${ending.length}.eta`), {}, { newline: ending })
      })
      expect(own.bytes?.toString()).to.equal(`a${ending}b${ending}`)
    }
    await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom('\r', '\n', '\r\n', 'a', ' ', '\u2028', '<%= 1 %>'), { maxLength: 12 }).map(parts => parts.join('')), async given => {
      expect(await text(given, {})).to.equal(given.replaceAll('<%= 1 %>', '1'))
    }), { numRuns: 200 })
  })

  it('makes a missing variable an error that names the template, the line, the variable, and what there is', async () => {
    const told = await complaint('a line\nx: <%= it.nmae %>\n', { name: 'x', other: 1 })
    expect(told).to.match(/^The template .*template-\d+\.eta, line 2: it uses the variable "nmae", but was given name, other\.\n {2}It is .*template-\d+\.eta: x: <%= it\.nmae %>$/)
  })

  it('lets objects and lists be used as such', async () => {
    const vars = { list: ['b', 'a'], map: { one: 1, two: { three: [3] } } }
    expect(await text('<%= it.list.map(x => x.toUpperCase()).sort().join() %> <%= it.list.length %> <%= it.list.includes("a") %>', vars)).to.equal('A,B 2 true')
    expect(await text('<%= JSON.stringify(it.map) %> <%= Object.keys(it.map) %> <%= "one" in it.map %> <%= Array.isArray(it.list) %>', vars)).to.equal('{"one":1,"two":{"three":[3]}} one,two true true')
    expect(await text('<%= JSON.stringify(it.list) %> <%= [...it.list, ...Object.entries(it.map.two)] %>', vars)).to.equal('["b","a"] b,a,three,3')
  })

  it('knows a variable that is there and empty', async () => {
    expect(await text('[<%= it.empty %>][<%= it.zero %>][<%= it.no %>]', { empty: '', zero: 0, no: false })).to.equal('[][0][false]')
  })

  it('puts a secret into the file, and marks the file as one that contains secrets', async () => {
    const content = await render('password: <%= it.password %> <%= it.password %>', { password: secret('render-spec-$&-password') })
    expect(content.bytes?.toString()).to.equal('password: render-spec-$&-password render-spec-$&-password')
    expect(content.secret).to.equal('parts')
  })

  it('puts a secret inside of objects and lists into the file just so', async () => {
    const content = await render('<%= it.db.password %> <% for (const key of it.keys) { %><%= key %><% } %>', { db: { password: secret('render-nested-1') }, keys: Object.freeze([secret('render-nested-2')]) })
    expect([content.bytes?.toString(), content.secret]).to.deep.equal(['render-nested-1 render-nested-2', 'parts'])
  })

  it('leaves a file that no secret went into to be shown', async () => {
    expect((await render('name: <%= it.name %>', { name: 'x', password: secret('render-unused') })).secret).to.equal(false)
  })

  it('[fault 5] refuses text that was printed instead of a secret, but not a template that contains that word itself', async () => {
    expect((await render('<secret><%= it.name %></secret>', { name: 'x' })).bytes?.toString()).to.equal('<secret>x</secret>')
    expect(await complaint('<%= it.db.password %>', { db: { password: '<secret>' } })).to.include('pass the secret itself')
  })

  it('never shows a secret in an error', async () => {
    const vars = { password: secret('render-spec-hidden') }
    for (const template of ['<% throw new Error(it.password) %>', '<%= it.password.nothing.more %>', '<%= it.password', '<%= it[it.password] %>']) {
      expect(await complaint(template, vars), template).to.not.include('hidden').and.not.equal('it was rendered')
    }
  })

  it('names the template and the line whose code is wrong', async () => {
    expect(await complaint('a\n<% if ( %>', {})).to.match(/^The template .*template-\d+\.eta, line 2: Bad template syntax Unexpected token 'if'\.\n {2}It is .*\.eta: <% if \( %>$/)
    expect(await complaint('a\n\n<%= undefinedFunction() %>', {})).to.match(/^The template .*template-\d+\.eta, line 3: undefinedFunction is not defined\./)
    expect(await complaint('a\n<%= it.password', { password: 'x' })).to.match(/^The template .*template-\d+\.eta, line 2: unclosed tag/)
  })

  it('lets nothing be put in that has no text', async () => {
    for (const [vars, type] of [[{ a: undefined }, 'undefined'], [{ a: null }, 'null'], [{ a: {} }, 'of type object, not text'], [{ a: () => 'x' }, 'of type function, not text']] as const) {
      expect(await complaint('<%= it.a %>', vars), type).to.include(`line 1: the value here is ${type}.`)
    }
  })

  it('names the places where it looked for a file that does not exist', () => {
    expect(() => findSource('no-such-template.eta')).to.throw('The file no-such-template.eta was not found.')
  })
})

describe('contentOf', () => {
  it('takes text, bytes and secrets, and knows which is secret', () => {
    expect([contentOf('a'), contentOf(Buffer.from('a')), contentOf(secret('content-of-spec'))].map(content => [content.bytes?.toString(), content.secret]))
      .to.deep.equal([['a', false], ['a', false], ['content-of-spec', true]])
  })

  it('puts a secret in as it is, in JSON and in a URL, whatever is in it', async () => {
    const value = 'r-"q\\u\'o te</ä%&$1'
    expect(await text('<%= it.p %>|<%= JSON.stringify(it.db) %>|http://u:<%= encodeURIComponent(it.p) %>@h', { p: secret(value), db: { password: secret(value) } }))
      .to.equal(`${value}|${JSON.stringify({ password: value })}|http://u:${encodeURIComponent(value)}@h`)
  })

  it('refuses to make anything else of a secret, since it would not be the secret\'s', async () => {
    for (const made of ['it.p.toUpperCase()', 'Buffer.from(it.p).toString("base64")', 'Buffer.from("u:" + it.p).toString("base64")', 'JSON.stringify(JSON.stringify(it.p))', 'encodeURIComponent(encodeURIComponent(it.p))']) {
      const told = await complaint(`<%= it.p %> <%= ${made} %>`, { p: secret('another-secret-of-the-spec') })
      expect(told, made).to.include('it transforms the secret in "p": a secret can only be used as it is').and.not.include('another-secret')
    }
  })

  it('says what something is that cannot be copied as a file', () => inTemporaryDirectory(async directory => {
    const told = (name: string) => sourceContent(name).then(() => 'it was read', (error: unknown) => formatError(error))
    expect(await told(directory)).to.include('is a directory, but must be a file').and.include('archive')
    expect(await told(path.join(directory, 'nowhere'))).to.include('cannot be read').and.include('ENOENT')
  }))
})
