import { expect } from 'chai'
import { contraryClaims, type TaskClaims } from '../../../lib/plan/claims.ts'

const claim = (task: string, owner: string, ...things: string[]): TaskClaims => ({ task, claims: { owner, things } })
const told = (...all: TaskClaims[]): string[] => contraryClaims(all).map(({ task, message }) => `${task}: ${message}`)

describe('What one owner at a time can have', () => {
  it('is an error if a second task takes it, with both tasks and what to do', () => {
    const [error] = contraryClaims([claim('Ada', 'user ada', 'the UID 1500'), claim('Eve', 'user eve', 'the UID 1500')])
    expect([error?.task, error?.message, error?.hint]).to.deep.equal([
      'Eve', 'It gives the UID 1500 to user eve, but the earlier task "Ada" gives it to user ada.', 'Choose another number for one of them, or set nonUnique: true in both.',
    ])
  })

  it('is held against the task that had it last', () => {
    expect(told(claim('Ada', 'user ada', 'the UID 1'), claim('Eve', 'user eve', 'the UID 1'), claim('Bob', 'user bob', 'the UID 1'))).to.deep.equal([
      'Eve: It gives the UID 1 to user eve, but the earlier task "Ada" gives it to user ada.', 'Bob: It gives the UID 1 to user bob, but the earlier task "Eve" gives it to user eve.',
    ])
  })

  it('is looked for among all that a task claims', () => {
    expect(told(claim('Ada', 'user ada', 'the UID 1', 'the GID 1'), claim('Eve', 'user eve', 'the UID 2', 'the GID 1'))).to.have.length(1)
  })

  it('may be claimed again by its owner, and is free once he claims something else or nothing', () => {
    expect(told(claim('Ada', 'user ada', 'the UID 1'), claim('Ada again', 'user ada', 'the UID 1'))).to.deep.equal([])
    expect(told(claim('Ada', 'user ada', 'the UID 1'), claim('Ada moves', 'user ada', 'the UID 2'), claim('Eve', 'user eve', 'the UID 1'))).to.deep.equal([])
    expect(told(claim('Ada', 'user ada', 'the UID 1'), claim('Ada goes', 'user ada'), claim('Eve', 'user eve', 'the UID 1'))).to.deep.equal([])
  })

  it('stays with its owner while others claim what is theirs', () => {
    expect(told(claim('Ada', 'user ada', 'the UID 1'), claim('Bob', 'user bob', 'the UID 2'), claim('Eve', 'user eve', 'the UID 1'))).to.have.length(1)
  })
})
