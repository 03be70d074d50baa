export { createChatRenderer } from './chat-renderer.ts';
export type { ChatRenderer } from './chat-renderer.ts';
export { resolveStopStrings } from './stop-strings.ts';
export { createTextStream } from './text-stream.ts';
export type { TextStream } from './text-stream.ts';
