/**
 * By what specs draw that take too long to be drawn anew each time: the same in every run, so that
 * CI says the same of the same code. STEAD_SEED=NUMBER draws others, STEAD_SEED=any others each
 * time; a failure tells which it was.
 */
export const seed = process.env.STEAD_SEED === 'any' ? Date.now() % 2 ** 31 : Number(process.env.STEAD_SEED ?? 4711)
