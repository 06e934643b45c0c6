import { spawn, type ChildProcess } from 'node:child_process'

/**
 * A mutant may run something that it should not. So the whole machine is read-only except /tmp, and
 * persistent data is hidden, and so are control groups, through which other labs could be ended.
 */
const script = `mount --bind /tmp /tmp && mount -t tmpfs none /run && mount -t tmpfs none /var/lib && mount -t tmpfs none /sys/fs/cgroup && mount -o remount,bind,ro / && exec "$@"`

/**
 * Starts a worker in namespaces and a process group of its own, since a mutant that kills process 0
 * kills the whole group, even outside of the namespace. What its tests leave running ends with it.
 *
 * @param onMutant the mutant that is switched on from the start; -1 for none.
 */
export function startWorker(directory: string, onMutant: number, specs: readonly string[]): ChildProcess {
  const root = process.getuid?.() === 0 ? [] : ['--map-root-user']
  return spawn('unshare', [...root, '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', script, 'sh',
    process.execPath, '--import', 'tsx', `${directory}/mutation/worker.ts`, String(onMutant), ...specs], { cwd: directory, detached: true, env: { ...process.env, STEAD_LAB_DIR: '/tmp/stead-mutants-lab' }, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
}
