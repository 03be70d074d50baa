export type * from './chat.ts';
export type * from './constraint.ts';
export type * from './error-code.ts';
export * from './errors.ts';
export type * from './generation.ts';
export type * from './model.ts';
export type * from './reward.ts';
export type * from './service.ts';
export type * from './tokens.ts';
