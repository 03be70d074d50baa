/** Names that the engine's options have in a request's body; the others are the same. */
const openAiNames: ReadonlyMap<string, string> = new Map([
  ['topK', 'top_k'],
  ['topP', 'top_p'],
  ['minP', 'min_p'],
  ['typicalP', 'typical_p'],
  ['repetitionPenalty', 'repetition_penalty'],
  ['presencePenalty', 'presence_penalty'],
  ['frequencyPenalty', 'frequency_penalty'],
  ['logitBias', 'logit_bias'],
  ['maxTokens', 'max_tokens'],
  ['minTokens', 'min_tokens'],
  ['topLogprobs', 'top_logprobs'],
  ['params', 'trimtab.params'],
  ['rewards', 'trimtab.rewards'],
  ['guidance', 'trimtab.guidance'],
  ['reportRewards', 'trimtab.reportRewards'],
  ['klBudget', 'trimtab.klBudget'],
  ['profile.id', 'id'],
  ['profile.name', 'name'],
  ['answer.id', 'question'],
  ['prompt.tokens', 'prompt'],
  ['continuation', 'prompt'],
  ['only', 'model'],
  ['tokenId', 'tokens'],
]);

/** `params.alpha` -> `trimtab.params.alpha`, `prompt.tokens[3]` -> `prompt[3]`. */
export function toOpenAiName(option: string): string {
  const { head, rest } = split(option);
  return (openAiNames.get(head) ?? head) + rest;
}

/** The message with the option's name as the body has it. */
export function toOpenAiMessage(option: string, message: string): string {
  const { head } = split(option);
  const name = openAiNames.get(head);
  if (name === undefined) return message;
  return message.replaceAll(new RegExp(String.raw`(?<![\w.])${head}\b`, 'g'), name);
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
