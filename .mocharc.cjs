module.exports = {
  'node-option': ['import=tsx'],
  reporter: 'spec/reporter.cjs',
  timeout: 60000,
  forbidOnly: true,
  forbidPending: true,
}
