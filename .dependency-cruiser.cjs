const { existsSync, readdirSync } = require('node:fs');
const path = require('node:path');

// Layers: a folder imports only from lower layers, never from its own layer, never in a circle.
const layers = [
  ['spec'],
  ['math', 'gguf', 'faults', 'waiting', 'files', 'hosts', 'calls'],
  ['options'],
  [
    'llama',
    'remote-model',
    'hub',
    'compose',
    'sampling',
    'prompt',
    'grammar',
    'reward',
    'preference',
    'svf',
  ],
  ['recipe'],
  ['engine', 'store'],
  ['basis', 'service', 'profiles', 'evaluation', 'drafting', 'jobs', 'contexts', 'skills'],
  ['server', 'pairs', 'vllm'],
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

/** Who comes in by a window: from, to, and why. Tests beside the code are in its room. */
const windows = [
  {
    from: '^src/cli/commands/serve\\.ts$',
    to: '^src/(contexts|server/edge)/limits\\.ts$',
    why: 'Help says the defaults, and must not wait for the HTTP library, nor for what prepares contexts.',
  },
  {
    from: '^src/cli/(commands/new|drafting/.+)\\.ts$',
    to: '^src/drafting/purposes\\.ts$',
    why: 'Help says the purposes, and must not wait for what reads headers.',
  },
  {
    from: '^src/cli/commands/(pair|skills)\\.ts$',
    to: '^src/pairs/(rivals|settings|skill-defaults)\\.ts$',
    why: 'Help says the defaults, and must not wait for what makes pairs.',
  },
  {
    from: '^src/cli/commands/export\\.ts$',
    to: '^src/vllm/dtypes\\.ts$',
    why: 'Help says the types, and must not wait for what reads headers.',
  },
  {
    from: '^src/cli/(commands/store|options/data-directory)\\.ts$',
    to: '^src/store/postgres/address\\.ts$',
    why: 'Flags tell a database from a folder, and must not wait for what opens either.',
  },
  {
    from: '^src/cli/commands/shift\\.ts$',
    to: '^src/evaluation/studies/shift/most-moved\\.ts$',
    why: 'Help says the defaults, and must not wait for all of evaluation.',
  },
  {
    from: '^src/recipe/(models|place|file-place|hub-names|of-models|write-recipe)\\.ts$',
    to: '^src/hub/hub-name\\.ts$',
    why: 'Recipes know names of the hub, and most need not wait for what fetches.',
  },
  {
    from: '^test/(cli/|support/(command|fake-terminal)\\.ts$)',
    to: '^src/cli/',
    why: 'A program has no door.',
  },
  {
    from: '^test/http/',
    to: '^src/server/(edge/errors|wire/(parameters|chat-body|completion-body|response-body))\\.ts$',
    why: 'What the documents say of the wire is held against its tables, which are nobody else’s.',
  },
  {
    from: '^test/support/(fake-child|built-engine)\\.ts$',
    to: '^src/service/child/(child-end|engine-child|engine-program|protocol)\\.ts$',
    why: 'They stand in for the engine’s process.',
  },
  {
    from: '^test/support/fake-model/fake-model\\.ts$',
    to: '^src/llama/context-options\\.ts$',
    why: 'A fake refuses what llama.cpp refuses.',
  },
  {
    from: '^test/support/gguf/random-model\\.ts$',
    to: '^src/gguf/(float16|tensor-types)\\.ts$',
    why: 'It writes random tensors of every type.',
  },
  {
    from: '^test/support/(grammar-|random-grammars)',
    to: '^src/grammar/grammar\\.ts$',
    why: 'Grammars are made for, and matched beside, the compiler: outside it nobody has one.',
  },
  {
    from: '^test/support/spent-in\\.ts$',
    to: '^src/grammar/meter\\.ts$',
    why: 'It counts what masks cost, which nobody else is told.',
  },
  {
    from: '^src/options/options\\.test\\.ts$',
    to: '^src/(cli/(failure|options/option-flags)|server/wire/(chat-body|option-names|validation))\\.ts$',
    why: 'It holds the table to what bodies and flags make of it.',
  },
  {
    from: '^src/server/answer/fingerprint\\.test\\.ts$',
    to: '^src/(engine/load/settings|service/served-recipe)\\.ts$',
    why: 'A fingerprint tells apart all that the engine says of what computes.',
  },
  {
    from: '^test/models/(memory|pre-tokenizer|text-not-markup|real/(?:templates|tools))\\.test\\.ts$',
    to: '^src/(llama/pre-tokenizer|engine/(load/memory|request/prompts))\\.ts$',
    why: 'They hold against real files what is inside.',
  },
  {
    from: '^lab/(rewards|speed)/exactness\\.ts$',
    to: '^src/engine/(cache|decode|load|reward)/',
    why: 'They measure what is inside.',
  },
  {
    from: '^lab/preferences/basis-world\\.ts$',
    to: '^src/profiles/random-weights\\.ts$',
    why: 'Simulated users answer as the interview draws its answers.',
  },
];

/** Every folder of src/, and each below with a door of its own. */
const rooms = layers.flat().flatMap((folder) => [folder, ...nestedRooms(folder)]);

function nestedRooms(folder) {
  return readdirSync(path.join(__dirname, 'src', folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${folder}/${name}`)
    .filter((room) => existsSync(path.join(__dirname, 'src', room, 'index.ts')));
}

/** A room is entered by its index.ts: what that does not export is nobody else's. */
const doors = rooms.map((room) => ({
  name: `door-${room.replace('/', '-')}`,
  comment: `src/${room} is entered by its index.ts, also for types.`,
  severity: 'error',
  from: { pathNot: [`^src/${room}/`, ...windows.map(({ from }) => from)] },
  to: { path: `^src/${room}/`, pathNot: `^src/${room}/index\\.ts$` },
}));

/** Whoever comes in by a window comes in by no other. */
const windowFrames = windows.map(({ from, to, why }, i) => ({
  name: `window-${i}`,
  comment: why,
  severity: 'error',
  from: { path: from },
  to: {
    path: rooms.map((room) => `^src/${room}/`),
    pathNot: ['/index\\.ts$', to, ...(/^\^src\/\w+\//.exec(from) ?? [])],
  },
}));

/** What is loaded where it is needed alone: `import()` and types are allowed. */
const loadedWhenNeeded = [
  {
    from: '^src/recipe/',
    to: '^src/grammar/',
    why: 'Recipes are read by many who compile no constraint: the compiler is loaded with one.',
  },
  {
    from: '^src/recipe/',
    to: '^src/(gguf|reward)/',
    why: 'Recipes are read by many who value no answer: what does is loaded with the engine.',
  },
  {
    from: '^src/(service/(?!child/engine-process\\.ts$)|profiles/|contexts/|server/)',
    to: '^src/engine/',
    why: 'Many a process with a service loads no recipe: the engine is loaded with the first.',
  },
].map(({ from, to, why }, i) => ({
  name: `when-needed-${i}`,
  comment: why,
  severity: 'error',
  from: { path: from, pathNot: '\\.test\\.ts$' },
  to: { path: to, dynamic: false, dependencyTypesNot: ['type-only'] },
}));

module.exports = {
  forbidden: [
    ...forbiddenImports,
    ...doors,
    ...windowFrames,
    ...loadedWhenNeeded,
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'one-ffi',
      comment: 'Only src/llama knows koffi; tests put other libraries in its place.',
      severity: 'error',
      from: { pathNot: '^src/llama/|^test/' },
      to: { path: 'node_modules/koffi/' },
    },
    {
      name: 'tests-stay-outside',
      severity: 'error',
      from: { path: '^(src|playground|lab)/', pathNot: '\\.test\\.ts$' },
      to: { path: '\\.test\\.ts$' },
    },
    {
      name: 'source-stands-alone',
      comment: 'The package has src/ alone; only tests beside the code use test/support/.',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(lab|test|playground|examples)/' },
    },
    {
      name: 'support-alone',
      comment: 'Of test/, others use support/ alone.',
      severity: 'error',
      from: { path: '^(src|lab|playground)/' },
      to: { path: '^test/(?!support/)' },
    },
    {
      name: 'page-knows-types',
      comment: 'The page speaks HTTP: of the source it may know the types of the contracts.',
      severity: 'error',
      from: { path: '^playground/' },
      to: { path: '^src/(?!spec/index\\.ts$)' },
    },
    {
      name: 'page-runs-alone',
      comment: 'The page speaks HTTP: it runs nothing of the source.',
      severity: 'error',
      from: { path: '^playground/' },
      to: { path: '^(src|lab|test)/', dependencyTypesNot: ['type-only'] },
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
