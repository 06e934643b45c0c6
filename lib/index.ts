/** For authors of playbooks. Authors of modules and resources use lib/resource.ts. */
export { PlaybookError } from './errors.ts'
export { Secret, secret } from './secret/secret.ts'
export { playbook, type Play, type Playbook } from './playbook/playbook.ts'
export type { PlaybookHost } from './state/facts.ts'
export type { Handler, Task, TaskOptions } from './playbook/task.ts'
export { yamlString } from './resources/files/yaml.ts'
