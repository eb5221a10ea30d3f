import tseslint from 'typescript-eslint';

/** Who may import whom: the fences of docs/architecture.md. Keys are folders, values are what they must not reach. */
const fences = {
  media: ['agents', 'gpu-runtime', 'signaling', 'launch'],
  'gpu-runtime': ['agents', 'signaling', 'launch'],
  agents: ['signaling', 'launch'],
  signaling: ['media', 'gpu-runtime', 'launch'],
};
/** A pattern that begins with # would be a comment: only a regular expression can name these. Tests help each other. */
const under = (folders) => `^#(?:${folders.join('|')})/(?!testing/)`;

const noBench = { group: ['**/bench/**'], message: 'Nothing imports bench.' };

export default tseslint.config(
  { ignores: ['node_modules/', '.understudy/', 'web/dist/', 'web/public/'] },
  ...tseslint.configs.strict,
  {
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' },
      ],
      'max-lines': ['error', { max: 400, skipBlankLines: false, skipComments: false }],
      eqeqeq: 'error',
    },
  },
  ...Object.entries(fences).map(([folder, closed]) => ({
    files: [`${folder}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: under(closed),
              message: `${folder}/ does not import these: see docs/architecture.md.`,
            },
            noBench,
          ],
        },
      ],
    },
  })),
  {
    // Signaling reads the dispatch contract and nothing else of agents/.
    files: ['signaling/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: under(['media', 'gpu-runtime', 'launch']),
              message: 'signaling never touches media.',
            },
            {
              regex: '^#agents/(?!dispatch/)',
              message: 'signaling imports agents/dispatch only.',
            },
            noBench,
          ],
        },
      ],
    },
  },
);
