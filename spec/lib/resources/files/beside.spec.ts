import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { beside, inOneLine, tagOf } from '../../../../lib/resources/files/beside.ts'
import { blockInFile } from '../../../../modules/block-in-file.ts'
import { command } from '../../../../modules/command.ts'
import { directory } from '../../../../modules/directory.ts'
import { file } from '../../../../modules/file.ts'
import { generatedSecret } from '../../../../modules/generated-secret.ts'
import { symlink } from '../../../../modules/symlink.ts'
import { runOver, statuses, type Tasks } from '../../run/local-run.ts'
import { inTemporaryDirectory, privateConnect } from '../../shell/local-session.ts'

const nobody = 65534
const tidied = 'Clean up after an interrupted run: change'
const leftIn = (place: string) => readdirSync(place).filter(name => name.startsWith('.stead.'))

/** What a run tells of each task: its status, or its error. */
async function told(place: string, tasks: Tasks, options: { check?: boolean } = {}): Promise<string[]> {
  const report = await runOver(privateConnect(`${place}/host`), tasks, options)
  return report.tasks.map(({ status, error }) => error ?? status)
}

describe('what is created under a temporary name', function () {
  this.timeout(180_000)

  it('[fault 72] is removed by any next run after a run was killed; a check shows it', () => inTemporaryDirectory(async place => {
    mkdirSync(`${place}/it's here`)
    const path = `${place}/it's here/a\nb`
    const dies: Tasks = ({ task }) => void task('file', file({ path, content: 'x', validate: ['sh', '-c', 'kill -KILL $PPID', '%s'] }))
    const connect = privateConnect(`${place}/host`)
    expect(statuses(await runOver(connect, dies))).to.deep.equal(['file: failed'])
    expect(leftIn(`${place}/it's here`)).to.have.length(1)
    const other: Tasks = ({ task }) => void task('other', file({ path: `${place}/other`, state: 'absent' }))
    const check = await runOver(connect, other, { check: true })
    expect(check.tasks[0]?.changes).to.deep.equal([{ resource: `temporary[beside-${tagOf(path)}]`, diff: `unfinished temporary file for ${inOneLine(path)}: present → absent` }])
    expect(leftIn(`${place}/it's here`)).to.have.length(1)
    expect(statuses(await runOver(connect, other))).to.deep.equal([tidied, 'other: ok'])
    expect(readdirSync(`${place}/it's here`)).to.deep.equal([])
    expect(statuses(await runOver(connect, other))).to.deep.equal(['other: ok'])
  }))

  it('[fault 72] is removed by the next write of the same path, even without a note; files of others with similar names stay', () => inTemporaryDirectory(async place => {
    const all: [string, Tasks][] = [
      [`${place}/file`, ({ task }) => void task('it', file({ path: `${place}/file`, content: 'x' }))],
      [`${place}/directory`, ({ task }) => void task('it', directory({ path: `${place}/directory` }))],
      [`${place}/link`, ({ task }) => void task('it', symlink({ path: `${place}/link`, target: 'x' }))],
      [`${place}/secret`, ({ task }) => void task('it', generatedSecret({ path: `${place}/secret` }))],
      [`${place}/key`, ({ task }) => void task('it', command({ argv: ['sh', '-c', 'echo key >"$1"', 'sh', '%s'], creates: { path: `${place}/key`, beside: true } }))],
    ]
    writeFileSync(`${place}/.stead.settings`, 'mine')
    writeFileSync(`${place}/.stead.${tagOf('/another')}.AbCd1234`, 'of another task')
    for (const [path, tasks] of all) {
      writeFileSync(`${place}/.stead.${tagOf(path)}.AbCd1234`, 'old')
      symlinkSync('/nowhere', `${place}/.stead.${tagOf(path)}.AbCd5678`)
      expect(await told(place, tasks), path).to.deep.equal(['change'])
      expect(leftIn(place).sort(), path).to.deep.equal(['.stead.settings', `.stead.${tagOf('/another')}.AbCd1234`].sort())
      expect(existsSync(`${place}/host/lib/stead/temporary`) ? readdirSync(`${place}/host/lib/stead/temporary`) : [], path).to.deep.equal([])
    }
    expect(beside('/a').text).not.to.equal(beside('/b').text)
  }))

  it('[fault 22] an edit notices what somebody else writes between reading and writing, and is planned again', () => inTemporaryDirectory(async place => {
    writeFileSync(`${place}/f`, 'mine\n')
    const meanwhile = (times: number) => ['sh', '-c', `n=$(cat ${place}/n 2>/dev/null || echo 0); if [ $n -lt ${times} ]; then echo $((n + 1)) >${place}/n; echo "theirs $n" >>${place}/f; fi`, 'sh', '%s']
    const edit = (times: number): Tasks => ({ task }) => void task('it', blockInFile({ path: `${place}/f`, block: 'block', validate: meanwhile(times) }))
    expect(await told(place, edit(2))).to.deep.equal(['change'])
    expect(readFileSync(`${place}/f`, 'utf8')).to.equal('mine\ntheirs 0\ntheirs 1\n# BEGIN stead\nblock\n# END stead\n')
    expect(await told(place, edit(2))).to.deep.equal(['ok'])
    rmSync(`${place}/n`)
    writeFileSync(`${place}/f`, 'mine\n')
    const [error] = await told(place, edit(99))
    expect(error).to.contain('Somebody else kept changing it at the same time')
    expect([readFileSync(`${place}/f`, 'utf8').includes('block'), leftIn(place)]).to.deep.equal([false, []])
  }))

  it('[fault 42] nothing is left half made if its owner cannot be set, and a check says so', () => inTemporaryDirectory(async place => {
    mkdirSync(`${place}/theirs`)
    chmodSync(place, 0o755)
    chownSync(`${place}/theirs`, nobody, nobody)
    const calls = { file: () => file({ path: `${place}/theirs/x`, owner: 'root' }), content: () => file({ path: `${place}/theirs/x`, content: 'x', owner: 'daemon' }), directory: () => directory({ path: `${place}/theirs/x`, owner: 'root' }), secret: () => generatedSecret({ path: `${place}/theirs/x` }) }
    for (const [what, call] of Object.entries(calls)) {
      const tasks: Tasks = ({ task }) => void task('it', call(), { become: 'nobody' })
      for (const check of [true, false]) expect((await told(place, tasks, { check }))[0], what).to.contain(`${place}/theirs/x should belong to`).and.contain('nobody writes it, and only root can set another owner')
      expect(readdirSync(`${place}/theirs`), what).to.deep.equal([])
    }
    // A group that he is not in is known only when it is tried.
    for (const call of [() => file({ path: `${place}/theirs/x`, group: 'daemon' }), () => directory({ path: `${place}/theirs/x`, group: 'daemon' })]) {
      expect((await told(place, ({ task }) => void task('it', call(), { become: 'nobody' })))[0]).to.contain('Operation not permitted')
      expect(readdirSync(`${place}/theirs`)).to.deep.equal([])
    }
    writeFileSync(`${place}/theirs/root's`, 'root wrote this')
    chmodSync(`${place}/theirs/root's`, 0o666)
    const over = (inPlace: boolean): Tasks => ({ task }) => void task('it', file({ path: `${place}/theirs/root's`, content: 'x', inPlace }), { become: 'nobody' })
    expect((await told(place, over(false)))[0]).to.contain('another owner or group, and only root can give')
    expect(readFileSync(`${place}/theirs/root's`, 'utf8')).to.equal('root wrote this')
    expect(await told(place, over(true))).to.deep.equal(['change'])
    expect([statSync(`${place}/theirs/root's`).uid, readFileSync(`${place}/theirs/root's`, 'utf8')]).to.deep.equal([0, 'x'])
  }))

  it('[fault 50] anything new in a setgid directory gets its group unless one is given, as a check predicts; new directories are setgid too', () => inTemporaryDirectory(async place => {
    mkdirSync(`${place}/shared`)
    chownSync(`${place}/shared`, 0, 1)
    chmodSync(`${place}/shared`, 0o2775)
    const seen = (name: string) => { const { gid, mode } = statSync(`${place}/shared/${name}`); return [gid, (mode & 0o7777).toString(8)] }
    const tasks: Tasks = ({ task }) => {
      task('empty', file({ path: `${place}/shared/empty` }))
      task('content', file({ path: `${place}/shared/content`, content: 'x' }))
      task('directory', directory({ path: `${place}/shared/d` }))
      task('below', file({ path: `${place}/shared/d/f`, content: 'x' }))
      task('given', file({ path: `${place}/shared/given`, content: 'x', group: 'root' }))
      task('mode', directory({ path: `${place}/shared/mode`, mode: '0750' }))
      task('there', file({ path: `${place}/shared/empty`, mode: '0600' }))
    }
    const check = await runOver(privateConnect(`${place}/host`), tasks, { check: true })
    expect(check.tasks[3]?.changes[0]?.diff).to.contain('group: (none) → daemon')
    expect(await told(place, tasks)).to.deep.equal(Array.from({ length: 7 }, () => 'change'))
    expect(['empty', 'content', 'd', 'd/f', 'given', 'mode'].map(seen)).to.deep.equal([[1, '600'], [1, '644'], [1, '2755'], [1, '644'], [0, '644'], [1, '750']])
    expect(await told(place, tasks)).to.deep.equal(Array.from({ length: 7 }, () => 'ok'))
  }))

  it('[fault 44] neither a link nor its target counts as a generated secret', () => inTemporaryDirectory(async place => {
    writeFileSync(`${place}/target`, 'precious\n')
    symlinkSync('target', `${place}/link`)
    symlinkSync('nowhere', `${place}/dangling`)
    for (const name of ['link', 'dangling']) {
      const tasks: Tasks = ({ task }) => void task('it', generatedSecret({ path: `${place}/${name}` }))
      for (const check of [true, false]) expect((await told(place, tasks, { check }))[0]).to.contain(`${place}/${name} is a symbolic link`)
    }
    expect([readFileSync(`${place}/target`, 'utf8'), statSync(`${place}/target`).mode & 0o777, existsSync(`${place}/nowhere`)]).to.deep.equal(['precious\n', 0o644, false])
  }))
})
