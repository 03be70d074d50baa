import { useEffect, useRef } from 'preact/hooks';

interface ConfirmDialogProps {
  readonly title: string;
  readonly text: string;
  /** On the button that does it. */
  readonly label: string;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks before something is done that cannot be undone. The focus goes back to where it was. */
export function ConfirmDialog({ title, text, label, onConfirm, onClose }: ConfirmDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current!.showModal(), []);
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="confirm-title" onClose={onClose}>
      <form method="dialog" onSubmit={onConfirm}>
        <h2 id="confirm-title">{title}</h2>
        <p class="facts">{text}</p>
        <div class="dialog-actions">
          <button type="button" class="text-button" onClick={() => dialog.current!.close()}>
            Cancel
          </button>
          <button type="submit" class="primary bad">
            {label}
          </button>
        </div>
      </form>
    </dialog>
  );
}
