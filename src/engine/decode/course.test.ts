import { describe, expect, it, vi } from 'vitest';

import { Course, rows, valueOf, type Steps } from './course.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a course', () => {
  it('goes from one wait to the next', async () => {
    const seen: unknown[] = [];
    function* steps(): Steps {
      seen.push('begun');
      yield rows;
      seen.push(yield* valueOf(1), yield* valueOf(Promise.resolve(2)));
      yield rows;
      seen.push('done');
    }
    const wake = vi.fn<() => void>();
    const course = new Course(steps(), wake);
    expect([course.isAtRows, course.isWaiting]).toEqual([false, false]);
    expect(course.advance()).toBe(false);
    expect([course.isAtRows, course.isWaiting]).toEqual([true, false]);
    expect(course.advance()).toBe(false);
    expect([course.isAtRows, course.isWaiting]).toEqual([false, true]);
    expect(wake).not.toHaveBeenCalled();
    await settled();
    expect([course.isAtRows, course.isWaiting]).toEqual([false, false]);
    expect(wake).toHaveBeenCalledOnce();
    expect(course.advance()).toBe(false);
    expect(course.advance()).toBe(true);
    expect(seen).toEqual(['begun', 1, 2, 'done']);
  });

  it('throws where a value fails to come, and the work may go on from there', async () => {
    function* steps(): Steps {
      try {
        yield* valueOf(Promise.reject(new Error('no')));
      } catch {
        yield rows;
      }
      yield* valueOf(Promise.reject(new Error('never')));
    }
    const course = new Course(steps(), () => {});
    course.advance();
    await settled();
    course.advance();
    expect(course.isAtRows).toBe(true);
    course.advance();
    await settled();
    expect(() => course.advance()).toThrow('never');
  });
});
