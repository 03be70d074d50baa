import './styles/theme.css';
import './styles/page.css';
import './styles/controls.css';
import './styles/conversation.css';
import './styles/tokens.css';
import './styles/profile.css';

import { render } from 'preact';

import { App } from './components/app.tsx';
import { applyStoredTheme } from './components/theme-toggle.tsx';

applyStoredTheme();
render(<App />, document.querySelector('#app')!);
