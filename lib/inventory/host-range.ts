const range = /\[(?:(\d+):(\d+)|([a-z]):([a-z])|([A-Z]):([A-Z]))(?::(\d+))?\]/
const most = 10_000

function steps(first: number, last: number, step: number): number[] {
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, index) => first + index * step)
}

/**
 * The names that a host pattern of an inventory stands for: `[01:03]` counts, with leading zeros
 * kept, `[a:c]` runs through letters, a third number is the step (Ansible, "How to build your
 * inventory", adding ranges of hosts). Several ranges multiply.
 *
 * @throws RangeError for an invalid range, with what is allowed.
 * @example expandHostRange('web[01:03].example.org') // ['web01.example.org', 'web02.example.org', 'web03.example.org']
 */
export function expandHostRange(pattern: string): string[] {
  const match = range.exec(pattern)
  if (!match) {
    if (/\[[^\]]*-[^\]]*\]/.test(pattern)) throw new RangeError(`${pattern} contains an invalid range; [01:03] and [a:c] are allowed.`)
    return [pattern]
  }
  const [text, from, to, ...letters] = match
  const step = Number(match[7] ?? 1)
  const [low, high] = letters.filter(letter => letter !== undefined)
  const numbers = from !== undefined && to !== undefined
  const [first, last] = numbers ? [Number(from), Number(to)] : [low?.charCodeAt(0) ?? 0, high?.charCodeAt(0) ?? 0]
  if (first > last) throw new RangeError(`The range ${text} ends before it starts; put the smaller end first.`)
  if (step < 1) throw new RangeError(`The range ${text} has the step ${step}; a step is 1 or more.`)
  if (numbers && from.startsWith('0') && from.length > 1 && from.length !== to.length) {
    throw new RangeError(`The range ${text} has ends of different length; with leading zeros both must be equally long, like [08:10].`)
  }
  if ((last - first) / step >= most) throw new RangeError(`The range ${text} stands for more than ${most} hosts.`)
  const width = numbers ? from.length : 0
  const before = pattern.slice(0, match.index)
  const rest = expandHostRange(pattern.slice(match.index + text.length))
  return steps(first, last, step).flatMap(at => {
    const item = numbers ? String(at).padStart(width, '0') : String.fromCharCode(at)
    return rest.map(end => before + item + end)
  })
}
