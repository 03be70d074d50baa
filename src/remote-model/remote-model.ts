import { readFile } from 'node:fs/promises';

import {
  DisposedError,
  InvalidOptionError,
  type ContextOptions,
  type LanguageModel,
  type ModelCapabilities,
  type RemoteUsage,
  type ServerSource,
  type Vocabulary,
} from '../spec/index.ts';
import { openaiServer, vllmServer } from './completions.ts';
import type { Connection, ServerDialect } from './dialect.ts';
import { EntryCount } from './entry-count.ts';
import { llamaServer } from './llama-server.ts';
import { findModel, probe, type Probed } from './probe.ts';
import { RemoteContext } from './remote-context.ts';
import { RowSource } from './row-source.ts';
import { BaseClient } from './base-client.ts';

/** What a model behind a server has of the local one whose tokens are its own. */
export type TokenLender = Pick<
  LanguageModel,
  'vocabulary' | 'chatTemplate' | 'trainedContextLength'
>;

export interface ConnectOptions {
  /** Where keys are: of the process by default. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

const dialects: Readonly<
  Record<ServerSource['server'], (connection: Connection) => ServerDialect>
> = {
  vllm: vllmServer,
  'llama-server': llamaServer,
  openai: openaiServer,
};

/** Positions of one call. */
const rowsPerCall = 32;

/**
 * A model behind a server. The server is asked what it gives, and whether its tokens are those of the local model, before
 * anything depends on it.
 * @throws RemoteModelError, VocabularyMismatchError; InvalidOptionError for a key that is not set, or certificates that
 *   cannot be read.
 */
export async function connectModel(
  source: ServerSource,
  lender: TokenLender,
  { environment = process.env, signal }: ConnectOptions = {},
): Promise<RemoteModel> {
  const client = new BaseClient({
    url: source.url,
    key: readKey(source, environment),
    certificates: await readCertificates(source),
    maxRequests: source.maxRequests,
    timeoutMs: source.timeoutMs,
  });
  try {
    const listed = await findModel(client, source.model, signal);
    const { vocabulary } = lender;
    const model = source.model ?? listed?.id ?? null;
    const dialect = dialects[source.server]({ client, model, vocabulary });
    const probed = await probe(dialect, client.name, source, vocabulary, signal);
    const contextLength = listed?.contextLength ?? lender.trainedContextLength;
    return new RemoteModel({ source, client, dialect, probed, lender, model, contextLength });
  } catch (error) {
    client[Symbol.dispose]();
    throw error;
  }
}

function readKey(
  { keyEnv }: ServerSource,
  environment: Readonly<Record<string, string | undefined>>,
): string | null {
  if (keyEnv === null) return null;
  const key = environment[keyEnv];
  if (key === undefined || key === '') {
    throw new InvalidOptionError(
      'keyEnv',
      `keyEnv names ${keyEnv}, which is not set: set it to the server's key.`,
    );
  }
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new InvalidOptionError(
    'keyEnv',
    `${keyEnv} has characters that no key has, spaces or line ends perhaps.`,
  );
}

async function readCertificates({ caFile }: ServerSource): Promise<string | null> {
  if (caFile === null) return null;
  try {
    const text = await readFile(caFile, 'utf8');
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  } catch (cause) {
    throw new InvalidOptionError('caFile', `caFile ${caFile} cannot be read.`, { cause });
  }
  throw new InvalidOptionError('caFile', `caFile ${caFile} has no certificate in PEM.`);
}

interface RemoteModelParts {
  readonly source: ServerSource;
  readonly client: BaseClient;
  readonly dialect: ServerDialect;
  readonly probed: Probed;
  readonly lender: TokenLender;
  readonly model: string | null;
  readonly contextLength: number;
}

/** A model that computes elsewhere, and tells its best tokens. */
export class RemoteModel implements LanguageModel {
  readonly name: string;
  readonly vocabulary: Vocabulary;
  readonly trainedContextLength: number;
  readonly weightBytes = 0;
  readonly embeddingLength = 0;
  readonly chatTemplate: string | null;
  readonly metadata: ReadonlyMap<string, string> = new Map();
  readonly kernels: string;
  readonly capabilities: ModelCapabilities = {
    rows: 'sparse',
    rowsPerCall,
    forks: true,
    truncates: true,
    hiddenStates: false,
    isElsewhere: true,
    exact: false,
  };
  /** Log-probs of one position that it tells at most. */
  readonly mostLogprobs: number;
  readonly warnings: readonly string[];
  readonly #client: BaseClient;
  readonly #rows: RowSource;
  readonly #count: EntryCount;
  #isDisposed = false;

  constructor({ source, client, dialect, probed, lender, model, contextLength }: RemoteModelParts) {
    this.name = `${model ?? 'the model'} at ${client.name}`;
    this.kernels = `${source.server} at ${client.name}`;
    this.vocabulary = lender.vocabulary;
    this.chatTemplate = lender.chatTemplate;
    this.trainedContextLength = contextLength;
    this.mostLogprobs = probed.mostLogprobs;
    this.warnings = probed.warnings;
    this.#client = client;
    this.#count = new EntryCount(probed.mostLogprobs);
    this.#rows = new RowSource({
      server: client.name,
      dialect,
      probed,
      vocabulary: lender.vocabulary,
      count: this.#count,
      asksTokens: !source.isPrivate,
    });
    client.onLost = () => this.#rows.doubt();
  }

  /** Since it was connected. */
  get usage(): RemoteUsage {
    const { count: asking, changes: askingChanges } = this.#count;
    return { ...this.#client.usage, ...this.#rows.counts, asking, askingChanges };
  }

  /** Nothing is held there: what contexts know is here. */
  async createContext(options: ContextOptions): Promise<RemoteContext> {
    if (this.#isDisposed) throw new DisposedError(`The model ${this.name} was disposed of.`);
    return new RemoteContext(this, this.#rows, options);
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#client[Symbol.dispose]();
  }
}
