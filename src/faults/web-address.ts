/** What a path looks like that is an address of the web, also after it was resolved like a path. */
const address = /^https?:\/{1,2}/i;

/** A file of Hugging Face's hub by the address of its page or of the file: `/owner/name/blob/main/file`. */
const hubFile =
  /^https?:\/{1,2}(?:huggingface\.co|hf\.co)\/([^/]+\/[^/]+)\/(?:resolve|blob)\/([^/]+)\/([^?#]+)/i;

/** What to do where a file is expected and an address was given; empty for what is none. */
export function addressHint(path: string): string {
  if (!address.test(path)) return '';
  const [, repository, revision, file] = hubFile.exec(path) ?? [];
  const name =
    repository === undefined
      ? 'hf:owner/name:Q4_K_M'
      : `hf:${repository}/${file}${revision === 'main' ? '' : `@${revision}`}`;
  const fetched = repository === undefined ? 'a model of the Hugging Face hub' : 'it';
  return ` This is a web address, and files are read from this machine: download it, or fetch ${fetched} with \`trimtab pull ${name}\`.`;
}
