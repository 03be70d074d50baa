import type { CompiledConstraint } from './compile-constraint.ts';
import type { TokenPieces, TokenTries } from './token-index.ts';

/** What a compiling thread is asked: a constraint as JSON, or the trees of a vocabulary's tokens. */
export type CompileCall =
  | { readonly kind: 'compile'; readonly json: string }
  | { readonly kind: 'index'; readonly pieces: TokenPieces };

export type CompileAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'compiled'; readonly constraint: CompiledConstraint }
  | { readonly kind: 'indexed'; readonly tries: TokenTries }
  /** A ConstraintError. */
  | { readonly kind: 'refused'; readonly path: string; readonly message: string }
  /** Any other error: a bug. */
  | { readonly kind: 'failed'; readonly message: string };
