/** @packageDocumentation Models of Hugging Face's hub: fetched, checked and found in the cache that all its programs share. */
/** @public */
export { pull, type PullOptions, type PullProgress } from './pull.ts';
/** @public */
export {
  resolveCached,
  type CachedFile,
  type CachedModel,
  type ResolveCachedOptions,
} from './resolve-cached.ts';
export {
  findListed,
  listCached,
  matchListed,
  type CacheListing,
  type CacheOptions,
  type ListedModel,
  type UnfinishedFile,
} from './list-cached.ts';
export { removeCached, removeUnfinished, type RemovedModel } from './remove-cached.ts';
