export { chatRendererDefaults, createChatRenderer, renderChat } from './chat-renderer.ts';
export type { ChatRenderer, ChatRendererOptions, RenderChatOptions } from './chat-renderer.ts';
export { resolveStopStrings, stopLimits } from './stop-strings.ts';
export { createTextStream } from './text-stream.ts';
export type { TextStream } from './text-stream.ts';
