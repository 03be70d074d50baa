export {
  Contexts,
  type AppliedContext,
  type ContextsOptions,
  type NewContext,
} from './contexts.ts';
export type { ContextView, PreparedAnswer } from './context-view.ts';
export type { ContextErrorCode } from './errors.ts';
