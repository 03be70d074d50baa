import { useState } from 'preact/hooks';

import { toCurl, toTypeScript } from '../answers/code.ts';
import type { ChatRequest } from '../api/wire.ts';

const languages = { curl: toCurl, TypeScript: toTypeScript } as const;
type Language = keyof typeof languages;

/** The current request as another program would send it. */
export function RequestCode({ request }: { readonly request: ChatRequest }) {
  const [language, setLanguage] = useState<Language>('curl');
  const [copied, setCopied] = useState('');
  const code = languages[language](request);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(code);
    setCopied(code);
  };
  return (
    <div class="code">
      <div class="code-head">
        <div class="segmented" role="group" aria-label="Language">
          {(Object.keys(languages) as Language[]).map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={language === name}
              onClick={() => setLanguage(name)}
            >
              {name}
            </button>
          ))}
        </div>
        <button
          type="button"
          class="text-button"
          onClick={() => void copy().catch(() => setCopied(''))}
        >
          {copied === code ? 'Copied' : 'Copy'}
        </button>
      </div>
      <pre tabIndex={0} aria-label={`Request in ${language}`}>
        <code>{code}</code>
      </pre>
    </div>
  );
}
