import tseslint from 'typescript-eslint'

/** The import direction (docs/design.md): playbooks -> modules -> lib/index.ts; lib imports nothing above it. */
const only = (files, group, message) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns: [{ group, message }] }] },
})

export default tseslint.config(
  { ignores: ['node_modules/', '.lab/', '.mutants/'] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ['*.js', '*.cjs', '.mocharc.cjs', 'spec/*.cjs'] }, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      'no-empty': ['error', { allowEmptyCatch: false }],
    },
  },
  { files: ['**/*.js', '**/*.cjs'], ...tseslint.configs.disableTypeChecked },
  { files: ['**/*.cjs'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  { files: ['spec/**/*.ts'], rules: { '@typescript-eslint/no-unused-expressions': 'off' } },
  only(['lib/**/*.ts'], ['**/modules/*', '**/playbooks/*', '**/inventories/*', '**/lab/*'], 'lib/ imports nothing above it'),
  only(['modules/**/*.ts'], ['../lib/*/**', '../lib/errors.ts', '**/playbooks/*', '**/inventories/*', '**/lab/*'], 'modules import from lib/ only lib/index.ts'),
  only(['playbooks/**/*.ts'], ['**/lib/*/**', '**/lib/errors.ts', '**/inventories/*', '**/lab/*'], 'playbooks import modules and lib/index.ts'),
)
