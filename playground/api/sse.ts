/** The `data` of each server-sent event; comments (pings) and other fields are passed over. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
      const lines = rest.split(/\r?\n/);
      rest = lines.pop()!;
      for (const line of lines) {
        if (line.startsWith('data:')) yield line.slice(5).trimStart();
      }
      if (done) return;
    }
  } finally {
    await reader.cancel().catch(() => {}); // leaving the loop ends the request
  }
}
