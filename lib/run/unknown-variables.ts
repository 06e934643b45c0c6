import type { Host } from '../inventory/host.ts'
import { didYouMean } from '../text/nearest.ts'
import type { Playbook } from '../playbook/playbook.ts'
import type { UnknownVariable } from '../playbook/unknown-variables.ts'

/** The variables that no playbook declares: each must find them, or what contains them, unknown. */
function unknownToAll(playbooks: readonly Playbook[], vars: Readonly<Record<string, unknown>>): UnknownVariable[] {
  const lists = playbooks.map(playbook => playbook.unknownVars(vars))
  const covers = (each: UnknownVariable, variable: string) => each.variable === variable || variable.startsWith(`${each.variable}.`)
  const names = [...new Set(lists.flat().map(({ variable }) => variable))].filter(variable => lists.every(list => list.some(each => covers(each, variable))))
  return names.map(variable => ({ variable, known: [...new Set(lists.flat().filter(each => covers(each, variable)).flatMap(({ known }) => known))] }))
}

/** A message for each `-e` variable that no playbook declares. */
export function unknownExtraVars(playbooks: readonly Playbook[], extraVars: Readonly<Record<string, unknown>>): string[] {
  const connection = Object.keys(extraVars).filter(name => /^(?:ansible|stead)_/.test(name))
  const unknown = unknownToAll(playbooks, extraVars).filter(({ variable }) => !connection.includes(variable))
  return [
    ...connection.map(name => `-e ${name}: connection settings belong in the inventory, or use -u, --private-key and -b.`),
    ...unknown.map(({ variable, known }) => (known.length === 0
      ? `-e ${variable}: the playbook declares no variables. Declare it: vars: z.object({ ${variable}: z.string() }).`
      : `-e ${variable}: the playbook has no such variable.${didYouMean(variable, known)} It has ${known.join(', ')}.`)),
  ]
}

/**
 * A message for each variable of these hosts that no playbook declares. Where no playbook declares
 * variables, there is nothing to compare with.
 */
export function unknownInventoryVars(playbooks: readonly Playbook[], hosts: readonly Pick<Host, 'vars' | 'places'>[]): string[] {
  const declaring = playbooks.filter(({ hasVars }) => hasVars)
  if (declaring.length === 0) return []
  const told = hosts.flatMap(({ vars, places = {} }) => unknownToAll(declaring, vars).map(({ variable, known }) => {
    const place = places[variable.split('.')[0] ?? '']
    return `${place === undefined ? '' : `${place}: `}The playbook has no variable ${variable}.${didYouMean(variable, known)}`
  }))
  return [...new Set(told)]
}
