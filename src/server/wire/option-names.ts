import { optionNames, wirePath } from '../../options/index.ts';

/** Names that options and parts of requests have in a body; the others are the same. */
const openAiNames: ReadonlyMap<string, string> = new Map([
  ['profile.id', 'id'],
  ['profile.name', 'name'],
  ['answer.id', 'question'],
  ['prompt.tokens', 'prompt'],
  ['continuation', 'prompt'],
  ['only', 'model'],
  ['tokenId', 'tokens'],
  ...optionNames
    .map((name): [string, string] => [name, wirePath(name) ?? name])
    .filter(([name, said]) => name !== said),
]);

/** Names of fields inside a conversation. */
const conversationNames: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\b(toolCalls\[\d+\])\.(name|arguments)/g, '$1.function.$2'],
  [/\b(tools\[\d+\])\.(name|description|parameters)/g, '$1.function.$2'],
  [/\btoolCalls\b/g, 'tool_calls'],
  [/\btoolCallId\b/g, 'tool_call_id'],
  [/\btoolChoice\b/g, 'tool_choice'],
  [/\bparallelToolCalls\b/g, 'parallel_tool_calls'],
  [/\bcontinueFinalMessage\b/g, 'continue_final_message'],
];

const ofConversation = /^(?:messages|tools|toolChoice|parallelToolCalls|continueFinalMessage)\b/;

/** Whether it is a place in a conversation, as the library says it. */
export function isOfConversation(option: string): boolean {
  return ofConversation.test(option);
}

function sayConversation(text: string): string {
  return conversationNames.reduce((said, [pattern, name]) => said.replaceAll(pattern, name), text);
}

/** `params.alpha` -> `trimtab.params.alpha`, `prompt.tokens[3]` -> `prompt[3]`, `toolChoice` -> `tool_choice`. */
export function toOpenAiName(option: string): string {
  if (isOfConversation(option)) return sayConversation(option);
  const { head, rest } = split(option);
  return (openAiNames.get(head) ?? head) + rest;
}

/** The message with the option's name as the body has it. */
export function toOpenAiMessage(option: string, message: string): string {
  if (isOfConversation(option)) return sayConversation(message);
  const { head } = split(option);
  const name = openAiNames.get(head);
  if (name === undefined) return message;
  return renameIn(message, head, name);
}

/** The message with another name in the place of one. */
export function renameIn(message: string, from: string, to: string): string {
  if (from === to) return message;
  const name = from.replaceAll(/[[\]/.$]/g, String.raw`\$&`);
  return message.replaceAll(new RegExp(String.raw`(?<![\w.])${name}(?!\w)`, 'g'), () => to);
}

function split(option: string): { head: string; rest: string } {
  const head = [...openAiNames.keys()].find(
    (name) =>
      option === name || (option.startsWith(name) && /^[.[]/.test(option.slice(name.length))),
  );
  return head === undefined
    ? { head: option, rest: '' }
    : { head, rest: option.slice(head.length) };
}
