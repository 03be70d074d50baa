import type {
  EngineStats,
  GenerateServiceRequest,
  GenerationChunk,
  InferenceService,
  Prompt,
  ScoreServiceRequest,
  ServedRecipe,
  TokenId,
} from '../../spec/index.ts';
import type { Recipe } from '../../recipe/index.ts';
import type { ServiceOptions } from '../options.ts';
import type { WireError } from '../wire-error.ts';

// What a service's process and its engine's process say to each other, over the channel of
// `child_process.fork` with structured clones. Both run one version of this file.
//
//   service → engine                           engine → service
//   start     once, first                      ready    once: requests may come
//   request   a call, under an id              result   what the call returned
//   cancel    its asker has gone               error    what it threw
//   credit    room for that many chunks        chunk    one piece of a stream; costs one credit
//   stop      end everything, then exit        end      all chunks have been sent
//                                              status   at least every `statusMs`: also a sign of life
//
// A stream sends no chunk before its first credit, so that one whose result alone is awaited is not
// slowed down by chunks that nobody reads; `isRead` of its result says whether chunks and an `end`
// come. Every request is answered once with `result` or `error`; a cancelled one may be answered too,
// and the answer is dropped, as are messages about an id that is no longer open.

type Method<Name extends 'tokenize' | 'tokenizePrompt' | 'detokenize'> = Parameters<
  InferenceService[Name]
>[2];

/** A call of one of the service's methods. */
export type ServiceCall =
  | { readonly method: 'load'; readonly recipe: string }
  | { readonly method: 'unload'; readonly recipe: string }
  | { readonly method: 'stream'; readonly request: Omit<GenerateServiceRequest, 'signal'> }
  | { readonly method: 'score'; readonly request: Omit<ScoreServiceRequest, 'signal'> }
  | {
      readonly method: 'tokenize';
      readonly recipe: string;
      readonly text: string;
      readonly options: Method<'tokenize'>;
    }
  | {
      readonly method: 'tokenizePrompt';
      readonly recipe: string;
      readonly prompt: Prompt;
      readonly options: Omit<Method<'tokenizePrompt'>, 'signal'>;
    }
  | {
      readonly method: 'detokenize';
      readonly recipe: string;
      readonly tokens: readonly TokenId[];
      readonly options: Method<'detokenize'>;
    };

export interface StartMessage {
  readonly kind: 'start';
  readonly recipes: readonly Recipe[];
  readonly options: Omit<ServiceOptions, 'recipes'>;
  readonly statusMs: number;
}

export type ToEngine =
  | StartMessage
  | { readonly kind: 'request'; readonly id: number; readonly call: ServiceCall }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'credit'; readonly id: number; readonly chunks: number }
  | { readonly kind: 'stop' };

/** The answers to a request. */
export type EngineAnswer =
  | { readonly kind: 'chunk'; readonly id: number; readonly chunk: GenerationChunk }
  | { readonly kind: 'end'; readonly id: number }
  | {
      readonly kind: 'result';
      readonly id: number;
      readonly value: unknown;
      readonly isRead: boolean;
    }
  | { readonly kind: 'error'; readonly id: number; readonly error: WireError };

export interface StatusMessage {
  readonly kind: 'status';
  readonly stats: EngineStats;
  /** When one has changed. */
  readonly recipes?: readonly ServedRecipe[];
}

export type FromEngine = { readonly kind: 'ready' } | StatusMessage | EngineAnswer;
