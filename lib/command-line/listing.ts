import { laidOut, type CheckedPlaybook } from '../run/run-playbooks.ts'
import { choosers, tagsOf, tasksOf, type Selection } from '../run/select.ts'

/** What to list of each playbook. */
export interface Listed extends Selection {
  listHosts: boolean
  listTasks: boolean
  listTags: boolean
}

/** A line, and the hosts to which it applies. */
interface Line {
  text: string
  /** Its place among equal lines of one host. */
  nth: number
  hosts: string[]
}

/**
 * The lines of --list-hosts, --list-tasks and --list-tags. A task that not all hosts have is
 * followed by the hosts that do.
 *
 * @param unreachable why hosts could not be asked for the facts that their tasks depend on.
 */
export function listing({ listHosts, listTasks, listTags, ...selection }: Listed, checked: readonly CheckedPlaybook[], unreachable: ReadonlyMap<string, string>): string[] {
  const choose = choosers(selection, checked.map(laidOut))
  return checked.flatMap(({ playbook, hosts }, index) => {
    const known = hosts.flatMap(({ host, prepared: { play } }) => (play ? [{ name: host.name, play }] : []))
    const tasks = merged(known.map(({ name, play }) => ({
      name, texts: tasksOf(play).filter(choose(index, name)).map(task => `${task.name}${task.options.tags?.length ? `  [${task.options.tags.join(', ')}]` : ''}`),
    })))
    const missing = hosts.filter(({ prepared }) => !prepared.play).map(({ host: { name } }) => `  ${name}: its tasks depend on facts of the host, and it could not be asked: ${unreachable.get(name) ?? 'no answer'}`)
    return [
      `${playbook.name}:`,
      ...(listHosts ? hosts.map(({ host }) => `  host ${host.name}  ${host.address}`) : []),
      ...(listTasks ? tasks.map(({ text, hosts: own }) => `  task ${text}${own.length < known.length ? `  (${own.join(', ')})` : ''}`) : []),
      ...(listTags ? tagsOf(known.map(({ play }) => play)).map(tag => `  tag ${tag}`) : []),
      ...(listTasks || listTags ? missing : []),
    ]
  })
}

/** The tasks of all hosts in one list that keeps the order of each. */
function merged(lists: readonly { name: string; texts: readonly string[] }[]): Line[] {
  const lines: Line[] = []
  for (const { name, texts } of lists) {
    let at = 0
    texts.forEach((text, place) => {
      const nth = texts.slice(0, place).filter(each => each === text).length
      const found = lines.findIndex(line => line.text === text && line.nth === nth)
      if (found >= 0) lines[found]?.hosts.push(name)
      else lines.splice(at, 0, { text, nth, hosts: [name] })
      at = (found >= 0 ? found : at) + 1
    })
  }
  return lines
}
