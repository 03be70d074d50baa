import { shiftClass, shiftThresholds } from '../tokens/shift.ts';

const steps = [-4, -3, -2, -1, 0, 1, 2, 3, 4];

/** What the shade and the underline of a token mean. */
export function Legend() {
  return (
    <p class="legend" title={`Steps at ${shiftThresholds.join(', ')} nats`}>
      <span>less likely</span>
      <span class="legend-scale" role="img" aria-label="shade and underline">
        {steps.map((step) => (
          <span key={step} class={`word ${shiftClass(step)}`}>
            a
          </span>
        ))}
      </span>
      <span>
        more likely <span class="legend-more">than without steering</span>
      </span>
    </p>
  );
}
