import { addRepositoryBeside } from '../helpers/package-repository.ts'
import type { LabHost } from '../helpers/lab-host.ts'
import { Stead } from '../helpers/run-stead.ts'
import type { WorkDirectory } from '../helpers/work-directory.ts'
import { proof } from '../playbooks/every-module/proof.ts'
import { notesReaders, synapseReaders } from './left-behind.ts'
import type { Stage } from './rounds.ts'
import { notesScenes, synapseScenes } from './scenes.ts'

/** What each playbook needs and maintains. */
const kinds = {
  notes: {
    playbook: 'spec/playbooks/every-module/playbook.ts', group: 'notes', scenes: notesScenes, readers: notesReaders, proof,
    prepare: addRepositoryBeside([{ name: 'notes-tools', version: '1.0', suite: 'stable', conffile: true }]),
  },
  synapse: {
    playbook: 'playbooks/synapse.ts', group: 'homeservers', scenes: synapseScenes, readers: synapseReaders, prepare: ':',
    proof: `systemctl is-active matrix-synapse nginx tor@default postgresql@15-main; systemctl is-enabled matrix-synapse nginx tor postgresql; nginx -t -q 2>&1
cat /var/lib/tor/synapse/hostname; sha256sum /etc/matrix-synapse/homeserver.yaml; stat -c '%n %U %G %a' /etc/matrix-synapse /etc/matrix-synapse/* /etc/matrix-synapse/tls/*
/opt/matrix-synapse/venv/bin/python3 -c 'import synapse, jinja2; print(synapse.__version__)' 2>&1`,
  },
}

export type StageName = keyof typeof kinds

/** Converges a blank host with one of the playbooks. */
export async function setStage(name: StageName, host: LabHost, work: WorkDirectory): Promise<Stage> {
  const { prepare, ...kind } = kinds[name]
  const stead = new Stead(work)
  await host.run('systemctl is-system-running --wait >/dev/null || :')
  await host.run(prepare)
  const first = await stead.run(kind.playbook, work.inventory('plain.ts', { [host.name]: { groups: [kind.group] } }))
  if (first.status !== 0) throw new Error(first.told)
  return { ...kind, stead, work, host }
}
