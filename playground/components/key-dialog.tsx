import { useEffect, useRef } from 'preact/hooks';

interface KeyDialogProps {
  readonly onKey: (key: string) => void;
  readonly onClose: () => void;
}

/** Asks for the server's key. It is kept until the tab closes. */
export function KeyDialog({ onKey, onClose }: KeyDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => dialog.current!.showModal(), []);
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="key-title" onClose={onClose}>
      <form
        method="dialog"
        onSubmit={() => {
          const key = field.current!.value.trim();
          if (key !== '') onKey(key);
        }}
      >
        <h2 id="key-title">This server asks for a key</h2>
        <label class="field">
          Key
          <input ref={field} type="password" autocomplete="off" required />
        </label>
        <p class="facts">Kept in this tab only, until it is closed.</p>
        <div class="dialog-actions">
          <button type="button" class="text-button" onClick={() => dialog.current!.close()}>
            Cancel
          </button>
          <button type="submit" class="primary">
            Continue
          </button>
        </div>
      </form>
    </dialog>
  );
}
