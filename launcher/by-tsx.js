/**
 * Loads stead file by file, as `npx tsx run.ts` does. @type {() =>
 * Promise<import('./launch.js').Main>}
 */
export async function mainByTsx() {
  const [esm, cjs] = await Promise.all([import('tsx/esm/api'), import('tsx/cjs/api')])
  cjs.register()
  esm.register()
  const { main } = await import('../lib/command-line/main.ts')
  return main
}
