module.exports = {
  'node-option': ['import=tsx'],
  reporter: 'spec/reporter.cjs',
  timeout: 20000,
  forbidOnly: true,
  forbidPending: true,
}
