import { useEffect, useState } from 'preact/hooks';

import { titleOf, type Profiles } from '../profiles/use-profiles.ts';

/** Chooses a user, or makes one. */
export function ProfilePicker({ profiles }: { readonly profiles: Profiles }) {
  const [name, setName] = useState('');
  const { entries, chosen, choose, add } = profiles;
  useEffect(() => setName(''), [chosen?.id]); // what was refused stays to be changed
  return (
    <div class="profile-picker">
      {entries.length > 0 && (
        <ProfileSelect {...{ entries, chosen, choose }} none="Choose a user" />
      )}
      <form
        class="profile-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== '') add(name.trim());
        }}
      >
        <input
          aria-label="Name of a new user"
          placeholder="A new user’s name"
          autocomplete="off"
          maxLength={128}
          value={name}
          onInput={({ currentTarget }) => setName(currentTarget.value)}
        />
        <button type="submit" class="primary" disabled={name.trim() === ''}>
          Add
        </button>
      </form>
    </div>
  );
}

interface ProfileSelectProps extends Pick<Profiles, 'entries' | 'chosen' | 'choose'> {
  /** What it says of nobody. */
  readonly none: string;
}

/** Whom answers are for. */
export function ProfileSelect({ entries, chosen, choose, none }: ProfileSelectProps) {
  return (
    <select
      class="profile-select"
      aria-label="User"
      value={chosen?.id ?? ''}
      onChange={({ currentTarget: { value } }) => choose(value === '' ? null : value)}
    >
      <option value="">{none}</option>
      {entries.map((entry) => (
        <option key={entry.id} value={entry.id}>
          {titleOf(entry)}
        </option>
      ))}
    </select>
  );
}
