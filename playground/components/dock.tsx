import { useState } from 'preact/hooks';

import { toRequest, type Settings } from '../answers/request.ts';
import type { Params, Recipe } from '../api/wire.ts';
import { Composer } from './composer.tsx';
import { Legend } from './legend.tsx';
import { RequestCode } from './request-code.tsx';
import { SamplingPanel } from './sampling-panel.tsx';
import { Steering } from './steering.tsx';

interface DockProps {
  readonly recipe: Recipe;
  readonly params: Params;
  readonly settings: Settings;
  readonly isLive: boolean;
  readonly isBusy: boolean;
  /** The last one asked. */
  readonly question: string | undefined;
  readonly onParams: (params: Params) => void;
  readonly onSettings: (settings: Settings) => void;
  readonly onLive: (isLive: boolean) => void;
  readonly onAsk: (question: string) => void;
  readonly onStop: () => void;
}

type Panel = 'sampling' | 'code';
const panelNames: Record<Panel, string> = { sampling: 'Sampling', code: 'Code' };

/** What one acts with, at the foot of the page: the params, the question, and what is seldom needed. */
export function Dock(props: DockProps) {
  const { recipe, params, settings, question = 'Your question' } = props;
  const [panel, setPanel] = useState<Panel | null>(null);
  const messages = [{ role: 'user', content: question }] as const;
  return (
    <div class="dock">
      <div class="dock-inner">
        <Steering {...props} />
        <Composer {...props} />
        <div class="dock-foot">
          <Legend />
          <div class="dock-tabs">
            {(Object.keys(panelNames) as Panel[]).map((name) => (
              <button
                key={name}
                type="button"
                class="text-button"
                aria-expanded={panel === name}
                aria-controls="dock-panel"
                onClick={() => setPanel(panel === name ? null : name)}
              >
                {panelNames[name]}
              </button>
            ))}
          </div>
        </div>
        <div id="dock-panel" hidden={panel === null}>
          {panel === 'sampling' && <SamplingPanel {...props} />}
          {panel === 'code' && (
            <RequestCode
              request={toRequest({ recipe, role: 'composed', messages, params, settings })}
            />
          )}
        </div>
      </div>
    </div>
  );
}
