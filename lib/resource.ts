/**
 * For authors of modules and resources. stead's own modules also import from lib/module/ and
 * lib/resources/.
 */
export { ApplyError, ArgumentError, CertainError, PlaybookError, ReadError } from './errors.ts'
export { Secret, secret } from './secret/secret.ts'
export { Content } from './state/content.ts'
export { defineModule, want, type HostView, type ModuleCall, type Plan, type Want } from './playbook/module.ts'
export type { Forecast, Made, Need, Provider, SideEffect } from './state/forecast.ts'
export { linePerKey, stdoutOf } from './state/read-answer.ts'
export { defineResource, type Event, type PendingWrite, type Reading, type Resource, type State, type Value, type Writing } from './state/resource.ts'
export { apply, read, readLines, type ApplyScript, type ReadScript } from './shell/script.ts'
export type { Output } from './shell/output.ts'
export { absolutePath, attributeArguments, fileAttributeArguments, fileMode, fileModeChange, filePath, hasPassword, name, nameBelow, plainName, port, unitName, validateArgument } from './module/arguments.ts'
export { contradictions, namedOnce, saidOnce } from './module/contradictions.ts'
