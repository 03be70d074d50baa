// What agents of langchain make of a server whose model calls tools: standard input names it, as JSON.
import { text } from 'node:stream/consumers';

import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { createAgent, providerStrategy, toolStrategy } from 'langchain';
import { z } from 'zod';

const { baseURL, question } = JSON.parse(await text(process.stdin));
const model = new ChatOpenAI({ model: 'agent', apiKey: 'none', configuration: { baseURL } });
const asking = (content) => ({ messages: [{ role: 'user', content }] });

function createLooker() {
  const taken = [];
  const look = tool(({ step }) => `seen ${taken.push(step)}`, {
    name: 'look',
    description: 'Looks.',
    schema: z.object({ step: z.int() }),
  });
  return { taken, agent: createAgent({ model, tools: [look] }) };
}

async function invoke() {
  const { taken, agent } = createLooker();
  const { messages } = await agent.invoke(asking(question));
  return { taken, answer: messages.at(-1).text };
}

/** The text of the last message that the agent streams. */
async function stream() {
  const { taken, agent } = createLooker();
  const said = new Map();
  for await (const [chunk] of await agent.stream(asking(question), { streamMode: 'messages' })) {
    if (chunk.type === 'ai') said.set(chunk.id, (said.get(chunk.id) ?? '') + chunk.text);
  }
  return { taken, answer: [...said.values()].at(-1) };
}

async function structure(strategy) {
  const answer = z.object({ answer: z.int() });
  const agent = createAgent({ model, tools: [], responseFormat: strategy(answer) });
  return (await agent.invoke(asking('Answer in JSON.'))).structuredResponse;
}

const { messages } = await createAgent({ model, tools: [] }).invoke(asking('Hello'));
console.log(
  JSON.stringify({
    chat: messages.at(-1).text,
    invoked: await invoke(),
    streamed: await stream(),
    structured: [await structure(providerStrategy), await structure(toolStrategy)],
  }),
);
