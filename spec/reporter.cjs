const { reporters } = require('mocha')

/** mocha's own spec reporter, and below it the one closing line that CI reads, counted from the results. */
module.exports = class ClosingLine extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options)
    const stats = runner.stats
    runner.once('end', () => {
      const skipped = stats.pending ? `, ${stats.pending} skipped` : ''
      console.log(`${stats.passes} passed, ${stats.failures} failed${skipped}`)
    })
  }
}
