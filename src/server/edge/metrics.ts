import { Counter, Gauge, Histogram, Registry } from 'prom-client';

import type { WorkerActivity } from '../../jobs/index.ts';
import type {
  GenerationResult,
  InferenceService,
  RemoteUsage,
  ServiceStatus,
} from '../../spec/index.ts';

/** What `/metrics` reports. */
export interface ServerMetrics {
  countRequest(labels: { route: string; method: string; status: number }, seconds: number): void;
  countTokens(recipe: string, result: Pick<GenerationResult, 'usage' | 'certificate'>): void;
  observeFirstToken(model: string, seconds: number): void;
  observeBetweenTokens(model: string, seconds: number): void;
  /** In Prometheus' text format. */
  render(): Promise<string>;
  readonly contentType: string;
}

const firstTokenBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const betweenTokensBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

export interface MeasuredServer {
  readonly service: InferenceService;
  /** Requests in flight. */
  readonly running: () => number;
  /** `undefined`: batches are not opened. */
  readonly batches: () => WorkerActivity | undefined;
}

export function createMetrics({ service, running, batches }: MeasuredServer): ServerMetrics {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({
    name: 'trimtab_requests_total',
    help: 'Requests answered.',
    labelNames: ['route', 'method', 'status'],
    registers,
  });
  const durations = new Histogram({
    name: 'trimtab_request_seconds',
    help: 'From a request to the end of its answer.',
    labelNames: ['route'],
    buckets: firstTokenBuckets,
    registers,
  });
  const tokens = new Counter({
    name: 'trimtab_tokens_total',
    help: 'Tokens of prompts, found in the cache, and generated (with the forward passes), by model.',
    labelNames: ['model', 'kind'],
    registers,
  });
  const drafted = new Counter({
    name: 'trimtab_draft_tokens_total',
    help: 'Tokens that were drafted, and those of them that came, by recipe and drafter.',
    labelNames: ['model', 'drafter', 'kind'],
    registers,
  });
  const certified = new Counter({
    name: 'trimtab_remote_tokens_total',
    help: 'Tokens of answers whose base is on a server, by whether they are certified exact or off by a bound.',
    labelNames: ['model', 'certainty'],
    registers,
  });
  const firstToken = new Histogram({
    name: 'trimtab_time_to_first_token_seconds',
    help: 'From a request to its first token.',
    labelNames: ['model'],
    buckets: firstTokenBuckets,
    registers,
  });
  const betweenTokens = new Histogram({
    name: 'trimtab_time_between_tokens_seconds',
    help: 'From one token of an answer to the next.',
    labelNames: ['model'],
    buckets: betweenTokensBuckets,
    registers,
  });
  const inFlight = new Gauge({
    name: 'trimtab_requests_in_flight',
    help: 'Requests that are being answered.',
    registers: [],
    collect() {
      this.set(running());
    },
  });
  registry.registerMetric(inFlight);
  const collected: (readonly [string, string, () => number])[] = [
    ...Object.entries(ofTheEngine).map(
      ([name, { help, value }]) => [name, help, () => value(service.status)] as const,
    ),
    ...Object.entries(ofBatches).map(
      ([name, { help, value }]) => [name, help, () => value(batches() ?? noActivity)] as const,
    ),
  ];
  for (const [name, help, value] of collected) {
    // Whoever counts may start anew, and its counters with it, which Prometheus expects of a counter.
    const metric = new (name.endsWith('_total') ? Counter : Gauge)<string>({
      name,
      help,
      registers: [],
      collect() {
        this.reset();
        this.inc(value());
      },
    });
    registry.registerMetric(metric);
  }
  return {
    contentType: registry.contentType,
    render: () => registry.metrics(),
    countRequest({ route, method, status }, seconds) {
      requests.inc({ route, method, status: String(status) });
      durations.observe({ route }, seconds);
    },
    countTokens(recipe, { usage, certificate }) {
      for (const [name, model] of Object.entries(usage.models)) {
        const label = { model: `${recipe}/${name}` };
        tokens.inc({ ...label, kind: 'prompt' }, model.promptTokens);
        tokens.inc({ ...label, kind: 'cached' }, model.cachedTokens);
        tokens.inc({ ...label, kind: 'forward' }, model.forwards);
      }
      tokens.inc({ model: recipe, kind: 'completion' }, usage.completionTokens);
      if (certificate !== undefined) {
        const { uncertainTokens } = certificate;
        const certainTokens = usage.completionTokens - uncertainTokens;
        certified.inc({ model: recipe, certainty: 'exact' }, Math.max(0, certainTokens));
        certified.inc({ model: recipe, certainty: 'bounded' }, uncertainTokens);
      }
      for (const [drafter, usageOf] of Object.entries(usage.drafts ?? {})) {
        drafted.inc({ model: recipe, drafter, kind: 'drafted' }, usageOf.drafted);
        drafted.inc({ model: recipe, drafter, kind: 'accepted' }, usageOf.accepted);
      }
    },
    observeFirstToken: (model, seconds) => firstToken.observe({ model }, seconds),
    observeBetweenTokens: (model, seconds) => betweenTokens.observe({ model }, seconds),
  };
}

/** Of servers that have a base; 0 where there are none. */
function ofServers(help: string, name: keyof RemoteUsage): EngineMetric {
  return { help, value: ({ stats }) => stats.remote?.[name] ?? 0 };
}

interface EngineMetric {
  readonly help: string;
  readonly value: (status: ServiceStatus) => number;
}

const ofTheEngine: Readonly<Record<string, EngineMetric>> = {
  trimtab_engine_ready: {
    help: '1 when the engine takes work.',
    value: ({ state }) => (state === 'ready' ? 1 : 0),
  },
  trimtab_engine_restarts_total: {
    help: 'Restarts of the engine.',
    value: ({ restarts }) => restarts,
  },
  trimtab_engine_running: {
    help: 'Generations and scorings decoding.',
    value: ({ stats }) => stats.running,
  },
  trimtab_engine_queued: {
    help: 'Generations and scorings waiting.',
    value: ({ stats }) => stats.queued,
  },
  trimtab_engine_decodes_total: {
    help: 'Batches decoded; tokens by decodes is the mean batch.',
    value: ({ stats }) => stats.decodes,
  },
  trimtab_engine_decoded_tokens_total: {
    help: 'Tokens of the batches decoded.',
    value: ({ stats }) => stats.decodedTokens,
  },
  trimtab_engine_prompt_tokens_total: {
    help: 'Tokens of prompts asked for.',
    value: ({ stats }) => stats.promptTokens,
  },
  trimtab_engine_cached_prompt_tokens_total: {
    help: 'Tokens of prompts found in the prefix cache.',
    value: ({ stats }) => stats.cachedPromptTokens,
  },
  trimtab_engine_kv_cells_used: {
    help: 'Cells of the KV caches in use.',
    value: ({ stats }) => stats.kvCellsUsed,
  },
  trimtab_engine_kv_cells: {
    help: 'Cells of the KV caches.',
    value: ({ stats }) => stats.kvCells,
  },
  trimtab_engine_threads: {
    help: 'Threads of one decode: fewer while other programs use the processors.',
    value: ({ stats }) => stats.threads,
  },
  trimtab_engine_threads_most: {
    help: 'Threads of one decode on an idle machine.',
    value: ({ stats }) => stats.mostThreads,
  },
  trimtab_remote_requests_total: ofServers('Requests to servers that have a base.', 'requests'),
  trimtab_remote_retries_total: ofServers('Of these, those that were sent again.', 'retries'),
  trimtab_remote_sent_bytes_total: ofServers('Bytes sent to them.', 'bytesSent'),
  trimtab_remote_received_bytes_total: ofServers('Bytes that they sent.', 'bytesReceived'),
  trimtab_remote_positions_total: ofServers('Positions that they told of.', 'rows'),
  trimtab_remote_logprobs_total: ofServers('Log-probs that they told.', 'logprobs'),
  trimtab_remote_extended_total: ofServers(
    'Times that more of a position had to be asked for.',
    'extended',
  ),
  trimtab_remote_logprobs_per_position: ofServers(
    'Log-probs of a position that they are asked for at first, now.',
    'asking',
  ),
  trimtab_remote_logprobs_per_position_changes_total: ofServers(
    'How often that changed.',
    'askingChanges',
  ),
  trimtab_engine_resident_bytes: {
    help: "Resident memory of the engine's process.",
    value: ({ stats }) => stats.residentBytes,
  },
};

const noActivity: WorkerActivity = {
  running: 0,
  succeeded: 0,
  failed: 0,
  returned: 0,
  open: { batches: 0, items: 0 },
};

interface BatchMetric {
  readonly help: string;
  readonly value: (activity: WorkerActivity) => number;
}

/** Of this process, but for what is open: that is of all that share a store. 0 before they are opened. */
const ofBatches: Readonly<Record<string, BatchMetric>> = {
  trimtab_batch_items_running: {
    help: 'Items of batches that this server answers.',
    value: ({ running }) => running,
  },
  trimtab_batch_items_succeeded_total: {
    help: 'Items that it has answered.',
    value: ({ succeeded }) => succeeded,
  },
  trimtab_batch_items_failed_total: {
    help: 'Items whose answer is an error.',
    value: ({ failed }) => failed,
  },
  trimtab_batch_items_returned_total: {
    help: 'Items that were put back: refused for the moment.',
    value: ({ returned }) => returned,
  },
  trimtab_batches_open: {
    help: 'Batches that have not ended, of all servers of the store, a quarter of a minute ago at most.',
    value: ({ open }) => open.batches,
  },
  trimtab_batch_items_waiting: {
    help: 'Items of these that have no answer.',
    value: ({ open }) => open.items,
  },
};
