import { spawn, type ChildProcess } from 'node:child_process'

/** A mutant may run what it should not: all of the machine is read-only, but for /tmp, and what is kept for long is hidden, as are control groups, by which labs of others could be ended. */
const script = `mount --bind /tmp /tmp && mount -t tmpfs none /run && mount -t tmpfs none /var/lib && mount -t tmpfs none /sys/fs/cgroup && mount -o remount,bind,ro / && exec "$@"`

/**
 * Starts a worker in name spaces and a process group of its own, since a mutant that ends process 0 ends the whole group, also what is outside of the
 * name space. What its tests leave running ends with it.
 *
 * @param onMutant the mutant that is on from the start; -1 for none.
 */
export function startWorker(directory: string, onMutant: number, specs: readonly string[]): ChildProcess {
  const root = process.getuid?.() === 0 ? [] : ['--map-root-user']
  return spawn('unshare', [...root, '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', script, 'sh',
    process.execPath, '--import', 'tsx', `${directory}/mutation/worker.ts`, String(onMutant), ...specs], { cwd: directory, detached: true, env: { ...process.env, STEAD_LAB_DIR: '/tmp/stead-mutants-lab' }, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
}
