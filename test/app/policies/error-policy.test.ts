import { deadLetter, drop, on, otherwise, pause, type Rule, retry } from 'topicwise';
import { expect, it } from 'vitest';

it('a rule whose steps are out of order is refused where no compiler saw it', () => {
  const sentence = 'on() and otherwise(): a rule is retries, if any, and then one last step: deadLetter(), ';
  const loose = { on, otherwise } as unknown as Record<'on' | 'otherwise', (...steps: unknown[]) => Rule>;
  expect(() => loose.on(TypeError)).toThrow(TypeError);
  expect(() => loose.on(TypeError)).toThrow(sentence);
  expect(() => loose.on(TypeError, retry(3))).toThrow(sentence);
  expect(() => loose.otherwise(deadLetter(), retry(1))).toThrow(sentence);
  expect(() => loose.otherwise(drop(), drop())).toThrow(sentence);
  expect(() => loose.otherwise(undefined)).toThrow(sentence);
  expect(loose.otherwise(retry(1), retry(2), drop())).toMatchObject({
    retries: [{ times: 1 }, { times: 2 }],
    last: { does: 'drop' },
  });
});

it('a rule for what is neither a class nor a function is refused, as circular imports leave it', () => {
  const loose = on as unknown as (match: unknown, step: unknown) => Rule;
  const sentence = 'on(): write a class of errors, a function, or a list of them. If one is undefined, ';
  for (const match of [undefined, 'TypeError', [], [TypeError, undefined]]) {
    expect(() => loose(match, drop())).toThrow(TypeError);
    expect(() => loose(match, drop())).toThrow(sentence);
  }
  expect(loose([TypeError, RangeError], drop()).matches).toEqual([TypeError, RangeError]);
});

it.each([
  [{ from: '5s' }, 'from: "5s", is longer than the longest, max: "2s"'],
  [{ factor: 0.5 }, 'factor: 0.5 makes waits shorter'],
  [{ factor: Number.NaN }, 'factor: NaN makes waits shorter'],
  [{ jitter: 'half' as 'full' }, 'jitter: "half" is none'],
] as const)('a retry with %o is refused', (backoff, sentence) => {
  expect(() => retry(3, backoff)).toThrow(RangeError);
  expect(() => retry(3, backoff)).toThrow(sentence);
});

it('a retry may begin at its longest wait', () => {
  expect(retry(3, { from: '5s', max: '5s' })).toMatchObject({ from: 5000, max: 5000 });
});

it('a pause of something else is refused', () => {
  const scope = 'routes' as 'route'; // JavaScript
  expect(() => pause({ for: '1s', scope })).toThrow(RangeError);
  expect(() => pause({ for: '1s', scope })).toThrow('scope: "routes" is none');
});
