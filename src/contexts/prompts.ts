/** Asks for questions; each line of the answer is one. */
export function questionsPrompt(count: number): string {
  return (
    `Write ${count} different questions that somebody is likely to ask about the text above. ` +
    'One question a line, without numbers and without answers.'
  );
}

/** Questions of an answer to {@link questionsPrompt}: its lines that ask something, each once. */
export function questionsIn(text: string, most: number, longest: number): string[] {
  const lines = text
    .split('\n')
    .map((line) => line.replace(/^[\s\-*•\d.)]+/, '').trim())
    .filter((line) => line.endsWith('?') && line.length <= longest);
  return [...new Set(lines)].slice(0, most);
}

/** Asks for notes, or for better ones where there are some. */
export function notesPrompt(notes: string | undefined): string {
  const what =
    'every fact, name and number that a question may be about, and what follows from them, in as few words as possible';
  if (notes === undefined) {
    return `Write notes that stand in for the text above: ${what}. Write the notes alone.`;
  }
  return (
    `These are notes of the text above:\n${notes}\n\n` +
    `They are to stand in for the text: ${what}. Write them again with what is missing, without what is wrong or said twice; ` +
    'if they are complete, write them as they are. Write the notes alone.'
  );
}

/** Notes of at most so many characters, cut at the end of a line where there is one. */
export function cutNotes(text: string, most: number): string {
  const notes = text.trim();
  if (notes.length <= most) return notes;
  const cut = notes.slice(0, most);
  const end = cut.lastIndexOf('\n');
  // Not in the middle of a pair of surrogates.
  return (end > 0 ? cut.slice(0, end) : cut.replace(/[\uD800-\uDBFF]$/, '')).trimEnd();
}
