// Layers: a folder imports only from lower layers, never from its own layer, never in a circle.
const layers = [
  ['spec'],
  ['math', 'gguf', 'faults', 'waiting'],
  ['llama', 'compose', 'sampling', 'prompt', 'grammar', 'reward', 'preference'],
  ['recipe'],
  ['engine', 'store'],
  ['basis', 'service', 'profiles', 'evaluation'],
  ['server'],
  ['cli'],
];

/** For every folder: the source folders it may not import. */
const forbiddenImports = layers.flatMap((folders, level) =>
  folders.map((folder) => ({
    name: `layer-${folder}`,
    comment: `src/${folder} may import only from lower layers (see ARCHITECTURE.md).`,
    severity: 'error',
    from: { path: `^src/${folder}/`, pathNot: '\\.test\\.ts$' },
    to: {
      path: `^src/(?!${[...layers.slice(0, level).flat(), folder].join('/|')}/)`,
      // The command line is a user of the library: it enters by the front door.
      ...(folder === 'cli' && { pathNot: '^src/index\\.ts$' }),
    },
  })),
);

module.exports = {
  forbidden: [
    ...forbiddenImports,
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'one-ffi',
      comment: 'Only src/llama knows koffi.',
      severity: 'error',
      from: { pathNot: '^src/llama/' },
      to: { path: 'node_modules/koffi/' },
    },
    {
      name: 'tests-stay-outside',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { path: '\\.test\\.ts$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
