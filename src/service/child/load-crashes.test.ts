import { describe, expect, it } from 'vitest';

import { fakeTimers } from '../../../test/support/fake-timers.ts';
import { EngineUnavailableError, type ServedRecipe } from '../../spec/index.ts';
import { LoadCrashes } from './load-crashes.ts';

function create() {
  const timers = fakeTimers();
  const { startTimer } = timers;
  const crashes = new LoadCrashes({ minMs: 5000, maxMs: 12_000, startTimer });
  const refusal = (recipe = 'bad'): string | null => {
    try {
      crashes.check(recipe);
      return null;
    } catch (error) {
      return error instanceof EngineUnavailableError ? error.message : `not that: ${String(error)}`;
    }
  };
  return { crashes, timers, refusal };
}

describe('a recipe whose load the process did not survive', () => {
  it('may be tried again once: one death may have another reason', () => {
    const { crashes, timers, refusal } = create();
    crashes.blame('bad');
    expect([refusal(), timers.delays]).toEqual([null, []]);
  });

  it('is refused from the second death in a row on, for ever longer', () => {
    const { crashes, timers, refusal } = create();
    crashes.blame('bad');
    const said: string[] = [];
    for (const pauseMs of [5000, 10_000, 12_000, 12_000]) {
      crashes.blame('bad');
      expect(timers.delays).toEqual([pauseMs]);
      said.push(refusal()!);
      timers.advance(pauseMs - 1);
      expect(refusal()).not.toBeNull();
      timers.advance(1);
      expect(refusal()).toBeNull();
    }
    expect(said[0]).toBe(
      "The engine's process died 2 times in a row while it loaded bad. It is not loaded for 5 s. " +
        'Check its files; unloading it lets it be tried at once.',
    );
    expect(said.map((text) => /died (\d+) times.*for (\d+) s/.exec(text)!.slice(1))).toEqual([
      ['2', '5'],
      ['3', '10'],
      ['4', '12'],
      ['5', '12'],
    ]);
  });

  it('is refused for as long as the last death says, whatever timer ran before', () => {
    const { crashes, timers, refusal } = create();
    for (let i = 0; i < 2; i++) crashes.blame('bad');
    timers.advance(4000);
    crashes.blame('bad'); // 10 s from now
    timers.advance(9000);
    expect(refusal()).not.toBeNull();
    timers.advance(1000);
    expect(refusal()).toBeNull();
  });

  it('keeps no other from being loaded', () => {
    const { crashes, refusal } = create();
    for (let i = 0; i < 3; i++) crashes.blame('bad');
    expect(refusal('good')).toBeNull();
  });

  it('begins anew once it has loaded, and its timers end', () => {
    const { crashes, timers, refusal } = create();
    for (let i = 0; i < 3; i++) crashes.blame('bad');
    crashes.clear('bad');
    expect([refusal(), timers.delays]).toEqual([null, []]);
    crashes.blame('bad');
    expect(refusal()).toBeNull();
    crashes.blame('bad');
    expect(timers.delays).toEqual([5000]);
    crashes.clear('unheard of');
    crashes.clearAll();
    expect([refusal(), timers.delays]).toEqual([null, []]);
  });

  it('is reported as failed while it is refused', () => {
    const { crashes, timers, refusal } = create();
    const served = { name: 'bad', state: 'unloaded', failure: null } as ServedRecipe;
    crashes.blame('bad');
    expect(crashes.mark(served)).toBe(served);
    crashes.blame('bad');
    const message = refusal();
    expect(crashes.mark(served)).toEqual({
      name: 'bad',
      state: 'failed',
      failure: { code: 'engine_unavailable', message },
    });
    timers.advance(5000);
    expect(crashes.mark(served)).toBe(served);
  });
});
