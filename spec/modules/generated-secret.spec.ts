import { expect } from 'chai'
import { generatedSecret } from '../../modules/generated-secret.ts'
import { goThroughFourRounds } from '../helpers/four-rounds.ts'
import { labHost, type SpecHost } from '../helpers/module-host.ts'
import { findLabHost } from '../helpers/lab-host.ts'
import { refusal, runTask, statusesOf } from '../helpers/one-task.ts'
import { unitHostName } from '../helpers/unit-host.ts'

const path = '/srv/generated/secret'

describe('generated-secret', function () {
  this.timeout(240_000)
  let host: SpecHost
  before(async () => {
    host = await labHost(unitHostName)
    await host.sh('rm -rf /srv/generated; mkdir /srv/generated')
  })
  after(async () => {
    await host.sh('rm -rf /srv/generated')
  })

  it('makes a secret once, keeps it, repairs who may read it', () => goThroughFourRounds(host, {
    task: () => generatedSecret({ path, format: 'alnum', length: 40, group: 'games', mode: '0640' }),
    drift: `chmod 644 ${path}; chown games ${path}`, proof: `sha256sum ${path}; stat -c "%U %G %a %i %Y %Z" ${path}`, drifted: [`secret[${path}]`],
  }))
  it('never makes another one in its place, whatever is asked for now, and shows it nowhere', async () => {
    const made = await host.sh(`cat ${path}`)
    const task = await runTask(host, generatedSecret({ path, format: 'hex', length: 64, owner: '5', group: '60', mode: '0400' }))
    expect(task.error, task.error).to.equal(undefined)
    expect(await host.sh(`stat -c '%U %G %a' ${path}; cat ${path}`)).to.equal(`games games 400\n${made}`)
    expect(JSON.stringify(task)).not.to.contain(made.trim())
    expect((await runTask(host, generatedSecret({ path, owner: '5', group: '60', mode: '0400' }))).status).to.equal('ok')
  })
  it('has the alphabet and length that were asked for, takes the place of an empty file, and goes', async () => {
    const expected = { hex: /^[0-9a-f]{64}\n$/, base64: /^[A-Za-z0-9+/]{64}\n$/, alnum: /^[A-Za-z0-9]{64}\n$/ }
    for (const format of ['hex', 'base64', 'alnum'] as const) {
      await host.sh(`rm -f ${path}; touch ${path}`)
      expect((await runTask(host, generatedSecret({ path, format }))).status).to.equal('change')
      expect(await host.sh(`cat ${path}`)).to.match(expected[format])
    }
    const gone = generatedSecret({ path, state: 'absent' })
    expect(await statusesOf(host, gone, gone)).to.deep.equal(['change', 'ok'])
    expect(generatedSecret({ path: '/a', length: 8 }).issues[0]?.message).to.contain('32 or more')
  })
  it('may be of an account that has a number alone; absent removes what is empty too, and no directory', async () => {
    const numbered = generatedSecret({ path: `${path}-4711`, owner: '4711', group: '4711' })
    expect(await statusesOf(host, numbered, numbered)).to.deep.equal(['change', 'ok'])
    await host.sh(`: >${path}-empty; mkdir ${path}-directory`)
    const gone = generatedSecret({ path: `${path}-empty`, state: 'absent' })
    expect(await statusesOf(host, gone, gone)).to.deep.equal(['change', 'ok'])
    expect(await refusal(host, () => generatedSecret({ path: `${path}-directory`, state: 'absent' }))).to.contain('is a directory')
    expect(await host.sh(`ls -A /srv/generated | sort`)).to.equal('secret-4711\nsecret-directory\n')
  })
  it('has no moment in which others can read it', async () => {
    const watch = (await findLabHost(unitHostName)).watch('find /srv/generated -type f -printf "%m\\n" 2>/dev/null || :', 0)
    await host.run(({ task }) => {
      for (let index = 0; index < 20; index += 1) task(`secret ${index}`, generatedSecret({ path: `/srv/generated/${index}`, length: 8192 }))
    })
    expect(await watch.stop()).to.deep.equal(['600'])
  })
  it('is refused if it could not be created: without a directory, for an unknown user, in place of a directory', async () => {
    expect(await refusal(host, () => generatedSecret({ path: '/srv/none/secret' }))).to.contain('The directory /srv/none does not exist')
    expect(await refusal(host, () => generatedSecret({ path, owner: 'nobody-here' }))).to.contain('The user nobody-here does not exist')
    expect(await refusal(host, () => generatedSecret({ path: '/srv/generated' }))).to.contain('/srv/generated is a directory')
  })
})
