import type { JsonSchema } from './constraint.ts';

/** One turn of a conversation. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  /** What a tool gave, of a tool; may be empty beside calls. */
  readonly content: string;
  /** Of the assistant: the functions it called. */
  readonly toolCalls?: readonly ToolCall[] | undefined;
  /** Of a tool: the id of the call that it answers. */
  readonly toolCallId?: string | undefined;
}

/** A call of a function by the assistant. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text of an object. */
  readonly arguments: string;
}

/** A function that the assistant may call. */
export interface Tool {
  /** 1 to 64 letters, digits, `_` and `-`. */
  readonly name: string;
  readonly description?: string | undefined;
  /** Of its arguments; without it the function takes none. */
  readonly parameters?: JsonSchema | undefined;
  /** Keywords and formats of `parameters` that the standard does not know are refused, not ignored. */
  readonly strict?: boolean | undefined;
}

/** Whether the answer calls a function: as the model chooses, never, at least one, or the one named. */
export type ToolChoice = 'auto' | 'none' | 'required' | { readonly name: string };

/** Messages, of which each model sees all through its own view. */
export interface ChatPrompt {
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly Tool[] | undefined;
  /** `auto` by default. The models are shown the tools unless it is `none`. */
  readonly toolChoice?: ToolChoice | undefined;
  /** Whether the answer may make several calls: `true` by default. */
  readonly parallelToolCalls?: boolean | undefined;
  /** The answer goes on with the last message, which is the assistant's: `false` by default. */
  readonly continueFinalMessage?: boolean | undefined;
}

/**
 * How answers write calls, named for who brought it up: `<tool_call>` around JSON (Hermes, Qwen), bare JSON
 * (Llama 3.1), `[TOOL_CALLS]` before a list (Mistral), `<function=…>` around arguments (Functionary 3.1).
 */
export type CallForm = 'hermes' | 'llama' | 'mistral' | 'functionary';

/** How one answer writes calls: `readCalls` reads them. */
export interface CallSyntax {
  readonly form: CallForm;
  /** Whether an answer that calls says nothing before: its first characters tell. */
  readonly atStart: boolean;
  /** The functions that it may call in other spellings of the form, too; none by default. */
  readonly names?: readonly string[];
}
