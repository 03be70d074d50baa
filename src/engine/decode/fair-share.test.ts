import { describe, expect, it } from 'vitest';

import { FairShare } from './fair-share.ts';
import type { Task } from './task.ts';

const createTask = (owner: string, request: string) =>
  ({ share: { owner, request, priority: 'interactive' } }) as Partial<Task> as Task;

function createShares() {
  const shares = new FairShare();
  const come = (owner: string, request: string, { running = false, served = 0 } = {}) => {
    const task = createTask(owner, request);
    shares.enter(task);
    if (running) shares.countRunning(task, 1);
    if (served > 0) shares.serve(task, served);
    return task;
  };
  const order = (...tasks: Task[]) => tasks.toSorted((a, b) => shares.compare(a, b));
  return { shares, come, order };
}

describe('whose turn it is', () => {
  it('is the owner’s with fewer lanes, then the request’s, then whose answer came first', () => {
    const { come, order } = createShares();
    for (let i = 0; i < 3; i++) come('a', 'large', { running: true });
    come('b', 'x', { running: true });
    const large = come('a', 'large');
    const later = come('a', 'large');
    const small = come('a', 'small');
    const other = come('b', 'y');
    expect(order(later, large, small, other)).toEqual([other, small, large, later]);
  });

  it('is whose who was served less, where they have equally many lanes', () => {
    const { come, order, shares } = createShares();
    const [first, second] = [come('a', 'one'), come('a', 'two')];
    shares.serve(first, 10);
    expect(order(first, second)).toEqual([second, first]);
    shares.serve(second, 20);
    expect(order(first, second)).toEqual([first, second]);
  });

  it('is not saved up by staying away, nor lost by having been there long', () => {
    const { come, order, shares } = createShares();
    const old = come('a', 'old');
    shares.serve(old, 1000);
    const young = come('a', 'young');
    // Both begin alike now: whoever came first is first.
    expect(order(young, old)).toEqual([old, young]);
    shares.serve(young, 1);
    expect(order(young, old)).toEqual([old, young]);
  });

  it('counts an owner once, as long as any of their answers is there', () => {
    const { come, order, shares } = createShares();
    const [first, second] = [come('a', 'one'), come('a', 'one')];
    const other = come('b', 'one');
    shares.leave(second);
    shares.serve(first, 10);
    shares.serve(other, 7);
    // An equal share among two is 8.5 by now, which is less than the first owner had.
    const young = come('c', 'one');
    expect(order(first, young, other)).toEqual([other, young, first]);
  });

  it('comes to a request that had too much, however many new ones come', () => {
    const { come, order, shares } = createShares();
    const greedy = come('a', 'greedy');
    const idle = come('a', 'idle');
    shares.serve(greedy, 300);
    shares.leave(idle);
    let passed = 0;
    for (;;) {
      const young = come('a', `young ${passed}`);
      if (order(young, greedy)[0] === greedy) break;
      shares.serve(young, 10);
      shares.leave(young);
      passed++;
    }
    // Two share: what one has too much is 150 for each, and 10 of every young one count for both.
    expect(passed).toBe(30);
  });

  it('is remembered of an owner who leaves ahead of the others and comes again', () => {
    const { come, order, shares } = createShares();
    const heavy = come('heavy', 'one');
    const light = come('light', 'one');
    shares.serve(heavy, 100);
    shares.leave(heavy);
    const again = come('heavy', 'two');
    expect(order(again, light)).toEqual([light, again]);
  });
});

describe('whose lanes are another’s', () => {
  it('are those that leave nobody with fewer than they give', () => {
    const { come, shares } = createShares();
    const three = [0, 1, 2].map(() => come('a', 'large', { running: true }))[0]!;
    const one = come('a', 'small', { running: true });
    const waiting = come('a', 'new');
    expect(shares.owes(three, waiting)).toBe(true);
    expect(shares.owes(one, waiting)).toBe(false);
    expect(shares.owes(three, come('a', 'large'))).toBe(false);
  });

  it('are an owner’s before a request’s', () => {
    const { come, shares } = createShares();
    const many = ['r1', 'r2', 'r3'].map((request) => come('a', request, { running: true }));
    const single = come('b', 'only', { running: true });
    expect(shares.owes(many[0]!, come('b', 'next'))).toBe(true);
    expect(shares.owes(many[0]!, come('a', 'next'))).toBe(false);
    expect(shares.owes(single, come('a', 'next'))).toBe(false);
  });

  it('are, in time, those of whoever was served more', () => {
    const { come, shares } = createShares();
    const running = come('a', 'long', { running: true });
    const waiting = come('a', 'short');
    expect(shares.isAhead(running, waiting)).toBe(false);
    shares.serve(running, 1);
    expect(shares.isAhead(running, waiting)).toBe(true);
    expect(shares.isAhead(waiting, running)).toBe(false);
  });
});
