import { useState } from 'preact/hooks';

import { deleteProfile, exportProfile, resetProfile } from '../api/profiles.ts';
import type { ProfileView } from '../api/wire.ts';
import type { Profile } from '../profiles/use-profile.ts';
import { titleOf } from '../profiles/use-profiles.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';

interface ProfileActionsProps {
  readonly view: ProfileView;
  readonly change: Profile['change'];
  /** Does what does not change the profile, or ends it. */
  readonly run: (work: () => Promise<void>) => void;
  readonly onDeleted: () => void;
}

/** Takes a profile away as a file, begins it anew, or deletes it. */
export function ProfileActions({ view, change, run, onDeleted }: ProfileActionsProps) {
  const [asked, setAsked] = useState<'reset' | 'delete' | null>(null);
  const { id, answers } = view;
  const title = titleOf(view);
  const counted = answers === 1 ? 'The 1 answer' : `The ${answers} answers`;
  return (
    <div class="profile-actions">
      <button
        type="button"
        class="text-button"
        onClick={() => run(async () => download(await exportProfile(id), `${id}.json`))}
      >
        Export
      </button>
      <button type="button" class="text-button" onClick={() => setAsked('reset')}>
        Reset
      </button>
      <button type="button" class="text-button" onClick={() => setAsked('delete')}>
        Delete
      </button>
      {asked === 'reset' && (
        <ConfirmDialog
          title={`Begin ${title} anew?`}
          text={`${counted} so far will no longer count. What was set by hand stays.`}
          label="Reset"
          onConfirm={() => change(() => resetProfile(id))}
          onClose={() => setAsked(null)}
        />
      )}
      {asked === 'delete' && (
        <ConfirmDialog
          title={`Delete ${title}?`}
          text={`${counted} and all that was learned will be gone for good.`}
          label="Delete"
          onConfirm={() =>
            run(async () => {
              await deleteProfile(id);
              onDeleted();
            })
          }
          onClose={() => setAsked(null)}
        />
      )}
    </div>
  );
}

function download(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
