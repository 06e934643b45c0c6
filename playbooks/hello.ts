import { z } from 'zod'
import { playbook } from '../lib/index.ts'
import { file } from '../modules/file.ts'
import { systemd } from '../modules/systemd.ts'
import { user } from '../modules/user.ts'

export default playbook({
  name: 'Hello',
  hosts: 'all',
  vars: z.object({ greeting: z.string().default('This host is kept by stead.') }),
  tasks({ task, handler, vars, host }) {
    const restart = handler('Restart the timer', systemd({ unit: 'hello.timer', state: 'restarted' }))
    task('User', user({ name: 'hello', system: true, shell: '/usr/sbin/nologin' }))
    task('Greeting', file({ path: '/etc/motd', content: `${host.name}: ${vars.greeting}\n`, mode: '0644' }), { tags: ['greeting'] })
    task('Service', file({ path: '/etc/systemd/system/hello.service', content: '[Service]\nType=oneshot\nUser=hello\nExecStart=/usr/bin/df -h /\n' }))
    task('Timer', file({ path: '/etc/systemd/system/hello.timer', content: '[Timer]\nOnCalendar=daily\n\n[Install]\nWantedBy=timers.target\n' }), { notify: restart })
    task('The timer runs', systemd({ unit: 'hello.timer', state: 'started', enabled: true }))
  },
})
