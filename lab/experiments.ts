import type { Experiment } from './shared/experiment.ts';

/** What is said of an experiment without running it. */
export interface ExperimentEntry {
  /** What it shows, as a sentence without its end. */
  readonly shows: string;
  /** About how long, on two cores. */
  readonly takes: string;
  /** Which page its figures are on. */
  readonly page: string;
  /** Experiments load most of the library: only the one that runs is loaded. */
  readonly open: () => Promise<Experiment>;
}

/** Every experiment, by subject: `npm run lab` and `docs/lab.md` list them. */
export const experiments: Readonly<Record<string, ExperimentEntry>> = {
  speed: {
    shows:
      'What drafts save, and what composed steps, serving and memory cost against the bare forwards of the models',
    takes: '15 minutes, with --quick one',
    page: 'docs/benchmarks.md',
    open: async () => (await import('./speed/speed.ts')).default,
  },
  'draft-exactness': {
    shows:
      'Whether answers with drafts are those without, by their bytes and by their distribution',
    takes: '20 minutes',
    page: 'docs/speculation.md',
    open: async () => (await import('./speculation/exactness.ts')).default,
  },
  models: {
    shows:
      'What each model file is good for: chat, text and back, constraints, rewards, profiles, long prompts',
    takes: 'seconds a small model, minutes a large one',
    page: 'docs/models.md',
    open: async () => (await import('./models/models.ts')).default,
  },
  quantisation: {
    shows: 'What quantising an expert and its twin does to their difference',
    takes: '4 minutes',
    page: 'docs/models.md',
    open: async () => (await import('./quantisation/quantisation.ts')).default,
  },
  skills: {
    shows:
      'What three skills of the embedded base are worth on their tasks, alone and mixed, and how well examples choose them',
    takes: '10 minutes',
    page: 'docs/skills.md',
    open: async () => (await import('./skills/skills.ts')).default,
  },
  contexts: {
    shows:
      'What was prepared for stored contexts saves, and what preparing costs whoever comes meanwhile',
    takes: '2 minutes, with a real model ten',
    page: 'docs/contexts.md',
    open: async () => (await import('./contexts/contexts.ts')).default,
  },
  kernels: {
    shows: 'How long row kernels and samplers take, SIMD against the plain reference',
    takes: '30 seconds',
    page: 'docs/benchmarks.md',
    open: async () => (await import('./speed/kernels.ts')).default,
  },
  threads: {
    shows: 'What other programs on the same processors cost, with threads that adapt and without',
    takes: '5 minutes',
    page: 'docs/benchmarks.md',
    open: async () => (await import('./speed/threads.ts')).default,
  },
  peers: {
    shows:
      "The library, the command and the server against llama.cpp's own programs on the same files",
    takes: '10 minutes a small model',
    page: 'docs/benchmarks.md',
    open: async () => (await import('./peers/peers.ts')).default,
  },
  gpu: {
    shows: 'A graphics processor against the CPU: log-probs, prompts, streams, composed steps',
    takes: 'some minutes',
    page: 'docs/benchmarks.md',
    open: async () => (await import('./speed/gpu.ts')).default,
  },
  load: {
    shows: 'What a server does under 64 streams at once: answers, errors, restarts, memory',
    takes: '2 minutes',
    page: 'docs/benchmarks.md',
    open: async () => (await import('./speed/load.ts')).default,
  },
  exactness: {
    shows:
      'Whether logits depend on what is computed beside them, and what each way of computing costs',
    takes: 'some seconds a model',
    page: 'docs/exactness.md',
    open: async () => (await import('./speed/exactness.ts')).default,
  },
  abuse: {
    shows: 'What one client can do to nine others',
    takes: '10 minutes',
    page: 'docs/benchmarks.md',
    open: async () => (await import('./hostile/abuse.ts')).default,
  },
  'fuzz-headers': {
    shows: 'Whether damaged and forged model files end the process that loads them',
    takes: '20 minutes',
    page: 'docs/adr/0006-hostile-files.md',
    open: async () => (await import('./hostile/fuzz-headers.ts')).default,
  },
  'fuzz-schemas': {
    shows: 'Whether every answer under a random JSON schema fits it, by ajv',
    takes: '3 minutes',
    page: 'docs/constraints.md',
    open: async () => (await import('./hostile/fuzz-schemas.ts')).default,
  },
  constraints: {
    shows:
      'What masks, compiling and memory of constraints cost, and a constrained token against a free one',
    takes: '2 minutes',
    page: 'docs/constraints.md',
    open: async () => (await import('./constraints/constraints.ts')).default,
  },
  maskbench: {
    shows: 'How many of 11,305 real schemas can be kept to, and how exactly, beside llguidance',
    takes: '20 minutes',
    page: 'docs/constraints.md',
    open: async () => (await import('./maskbench/maskbench.ts')).default,
  },
  'first-masks': {
    shows: 'What masks cost at places that are new, on real schemas, beside llguidance',
    takes: '3 minutes',
    page: 'docs/constraints.md',
    open: async () => (await import('./maskbench/first-masks.ts')).default,
  },
  'exact-masks': {
    shows: 'Whether masks are exact by token, on real schemas, beside llguidance',
    takes: '10 minutes',
    page: 'docs/constraints.md',
    open: async () => (await import('./maskbench/exact-masks.ts')).default,
  },
  soak: {
    shows: 'Whether memory rises with ever-new constraints',
    takes: '3 minutes',
    page: 'docs/constraints.md',
    open: async () => (await import('./constraints/soak.ts')).default,
  },
  rewards: {
    shows: "What rewards do to the embedded models' answers, by weight and way",
    takes: '5 minutes, with --quick one',
    page: 'docs/rewards.md',
    open: async () => (await import('./rewards/rewards.ts')).default,
  },
  'reward-cost': {
    shows: 'What steps with rewards, constraints and KL budgets cost against the bare forwards',
    takes: '5 minutes, with --quick two',
    page: 'docs/rewards.md',
    open: async () => (await import('./rewards/cost.ts')).default,
  },
  'reward-candidates': {
    shows: 'How many candidates a bounded reward values, and what an answer costs then',
    takes: '10 minutes, with --quick four',
    page: 'docs/rewards.md',
    open: async () => (await import('./rewards/candidates.ts')).default,
  },
  'reward-exactness': {
    shows: 'How far values of candidates are from scoring each from scratch',
    takes: '20 seconds',
    page: 'docs/rewards.md',
    open: async () => (await import('./rewards/exactness.ts')).default,
  },
  'reward-scales': {
    shows: "The scales of the embedded rewards, on the recipe's own answers",
    takes: '20 seconds',
    page: 'docs/rewards.md',
    open: async () => (await import('./rewards/scales.ts')).default,
  },
  'reward-length': {
    shows: "What a length as a reward does to the embedded models' answers",
    takes: '20 seconds',
    page: 'docs/rewards.md',
    open: async () => (await import('./rewards/length.ts')).default,
  },
  preferences: {
    shows: 'How well simulated users are known after how many questions',
    takes: '3 minutes',
    page: 'docs/preferences.md',
    open: async () => (await import('./preferences/preferences.ts')).default,
  },
  basis: {
    shows: 'What a basis learned from the choices of simulated users is worth',
    takes: '5 minutes',
    page: 'docs/preferences.md',
    open: async () => (await import('./preferences/atlas-basis.ts')).default,
  },
  profiles: {
    shows: 'How well answers suit simulated users who have a profile, and what else they may have',
    takes: '5 minutes, with --quick half a minute',
    page: 'docs/profiles.md',
    open: async () => (await import('./profiles/profiles.ts')).default,
  },
  'profile-settings': {
    shows: 'How much strength and caution a profile should have',
    takes: '5 minutes, with --quick half a minute',
    page: 'docs/profiles.md',
    open: async () => (await import('./profiles/settings.ts')).default,
  },
  'real-profiles': {
    shows: 'How well a real model answers users who have a profile, and what else they may have',
    takes: '20 minutes, with --quick ten',
    page: 'docs/profiles.md',
    open: async () => (await import('./real-profiles/real-profiles.ts')).default,
  },
  atlas: {
    shows: 'What the embedded models answer about people they were not tuned on',
    takes: '4 minutes',
    page: 'docs/benchmarks.md',
    open: async () => (await import('./evidence/atlas.ts')).default,
  },
  evidence: {
    shows: 'Whether steering while decoding keeps what tuning the weights loses',
    takes: '25 minutes',
    page: 'docs/evidence.md',
    open: async () => (await import('./evidence/evidence.ts')).default,
  },
  vllm: {
    shows:
      'Whether vLLM with the plugin answers as this process does, alone and many at once, and how fast',
    takes: '5 minutes, with vLLM installed',
    page: 'docs/scale.md',
    open: async () => (await import('./vllm/vllm.ts')).default,
  },
  'remote-base': {
    shows:
      'Whether a base on vLLM answers as one in this process does, what is certified, and what it costs',
    takes: '10 minutes, with vLLM installed',
    page: 'docs/remote.md',
    open: async () => (await import('./vllm/remote-base.ts')).default,
  },
  mutations: {
    shows: 'Which small faults, planted into the code one at a time, npm run check does not notice',
    takes: '15 minutes for 200',
    page: 'CONTRIBUTING.md',
    open: async () => (await import('./mutations/mutations.ts')).default,
  },
};
