module.exports = {
  spec: ['spec/**/*.spec.ts'],
  'node-option': ['import=tsx'],
  reporter: 'spec/reporter.cjs',
  timeout: 20000,
  forbidOnly: true,
  forbidPending: true,
}
