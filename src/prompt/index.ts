export { createChatRenderer } from './chat-renderer.ts';
export type { ChatRenderer } from './chat-renderer.ts';
export { fewestTokens } from './fewest-tokens.ts';
export { Markup, unmark } from './markup.ts';
export { withoutControls } from './spell-out.ts';
export { createTextStream } from './text-stream.ts';
export type { TextStream } from './text-stream.ts';
