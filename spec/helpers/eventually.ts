import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Tries until it works, and returns the result; throws the last error after `seconds`.
 *
 * @example await eventually(60, async () => expect(await get('/')).to.include('html'))
 */
export async function eventually<Result>(seconds: number, attempt: () => Promise<Result>, pauseMs = 500): Promise<Result> {
  const deadline = Date.now() + seconds * 1000
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (Date.now() + pauseMs > deadline) throw error
    }
    await sleep(pauseMs)
  }
}
