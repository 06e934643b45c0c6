import { expect } from 'chai'
import { mentions } from '../../../lib/state/mentions.ts'

describe('what a script mentions', () => {
  it('is a word of it, whatever quotes and signs are around it', () => {
    for (const script of ['id app', "[ '$(id -u \"app\")' ]", 'user=app;']) expect(mentions(script, 'app'), script).to.equal(true)
    for (const script of ['id apps', 'cat /srv/app', 'my-app']) expect(mentions(script, 'app'), script).to.equal(false)
  })

  it('is what is in a directory that it names, unless that is at the top', () => {
    for (const script of ['rm -rf /srv/a', 'rm -rf /srv/a/', 'test -f /srv/a/b']) expect(mentions(script, '/srv/a/b'), script).to.equal(true)
    for (const script of ['ls /srv', 'rm /srv/a/bc', 'rm /srv/ab']) expect(mentions(script, '/srv/a/b'), script).to.equal(false)
  })

  it('is nothing above a name that is no path from the root, and nothing of no words', () => {
    expect(mentions('rm -r a/b', 'a/b/c')).to.equal(false)
    expect(mentions('rm -r a/b/c', 'a/b/c/d')).to.equal(false)
    expect(mentions('mutant', 'app')).to.equal(false)
    expect(mentions('a/b/c', 'a/b/c')).to.equal(true)
    for (const words of ['', ' ', 'ls /', 'mutant']) expect(mentions(words, '/srv/a/b'), words).to.equal(false)
    expect(mentions('ls /', '/')).to.equal(true)
    expect(mentions('rm -r /srv/a', '/srv/a/b/c/d')).to.equal(true)
  })
})
