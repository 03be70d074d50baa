export { callSpellings } from './call-form.ts';
export { createChatRenderer } from './chat-renderer.ts';
export type { ChatRenderer } from './chat-renderer.ts';
export { fewestTokens } from './fewest-tokens.ts';
export {
  createCallReader,
  readCalls,
  type AnswerPart,
  type CallReader,
  type ReadAnswer,
} from './read-calls.ts';
export { Markup, unmark } from './markup.ts';
export { withoutControls } from './spell-out.ts';
export { createTextStream } from './text-stream.ts';
export type { TextStream } from './text-stream.ts';
export { toTemplateInput, type TemplateInput } from './template-input.ts';
export { findToolSupport, type ToolSupport } from './tool-support.ts';
export { noToolSupport, withToolText } from './tool-text.ts';
