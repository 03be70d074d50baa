import { useState } from 'preact/hooks';

import { Icon } from './icon.tsx';

type Theme = 'light' | 'dark';
const slot = 'trimtab-theme';

/** The reader's choice; without one the system's is followed. */
export function applyStoredTheme(): void {
  const stored = localStorage.getItem(slot);
  if (stored !== null) document.documentElement.dataset['theme'] = stored;
}

function currentTheme(): Theme {
  const chosen = document.documentElement.dataset['theme'];
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export function ThemeToggle() {
  const [theme, setTheme] = useState(currentTheme);
  const toggle = (): void => {
    const next = theme === 'dark' ? 'light' : 'dark';
    localStorage.setItem(slot, next);
    document.documentElement.dataset['theme'] = next;
    setTheme(next);
  };
  return (
    <button
      type="button"
      class="icon-button"
      aria-label="Dark theme"
      aria-pressed={theme === 'dark'}
      title={theme === 'dark' ? 'Light theme' : 'Dark theme'}
      onClick={toggle}
    >
      <Icon name={theme === 'dark' ? 'sun' : 'moon'} />
    </button>
  );
}
