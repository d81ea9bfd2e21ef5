import { queryObjects } from 'node:v8';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Deadline, Deadlines } from '../../../src/broker/state/deadlines.js';
import { Fifo } from '../../../src/broker/state/fifo.js';

describe('Deadlines', () => {
  it('runs what is due in order of time, equal times in order of setting, and nothing that was cleared', () => {
    const actions = fc.array(
      fc.oneof(
        fc.record({ set: fc.nat(50) }),
        fc.record({ clear: fc.nat(100) }),
        fc.record({ run: fc.nat(60) }),
      ),
      { maxLength: 100 },
    );
    fc.assert(
      fc.property(actions, (list) => {
        const deadlines = new Deadlines();
        const ran: number[] = [];
        const expected: number[] = [];
        const set: { id: number; at: number; deadline: Deadline }[] = [];
        let open: typeof set = [];
        for (const action of list) {
          if ('set' in action) {
            const id = set.length;
            const entry = { id, at: action.set, deadline: deadlines.set(action.set, () => ran.push(id)) };
            set.push(entry);
            open.push(entry);
          } else if ('clear' in action) {
            const entry = set[action.clear];
            deadlines.clear(entry?.deadline);
            open = open.filter((other) => other !== entry);
          } else {
            const due = open.filter(({ at }) => at <= action.run).sort((a, b) => a.at - b.at || a.id - b.id);
            expected.push(...due.map(({ id }) => id));
            open = open.filter(({ at }) => at > action.run);
            deadlines.run(action.run);
          }
          expect(deadlines.next).toBe(open.length === 0 ? undefined : Math.min(...open.map(({ at }) => at)));
        }
        expect(ran).toEqual(expected);
      }),
    );
  });
});

describe('Fifo', () => {
  it('lets go of what was taken', () => {
    class Item {}
    const fifo = new Fifo<Item>();
    for (let count = 0; count < 10; count += 1) fifo.push(new Item());
    for (let count = 0; count < 9; count += 1) fifo.shift();
    expect([queryObjects(Item, { format: 'count' }), fifo.size]).toEqual([1, 1]);
  });

  it('is first in, first out, over any number of turns', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            { weight: 30, arbitrary: fc.constant('push') },
            { weight: 30, arbitrary: fc.constant('shift') },
            { weight: 1, arbitrary: fc.constant('extract') },
          ),
          {
            maxLength: 600,
            size: 'max',
          },
        ),
        (list) => {
          const fifo = new Fifo<number>();
          let model: number[] = [];
          let count = 0;
          for (const action of list) {
            if (action === 'push') {
              fifo.push(count);
              model.push(count);
              count += 1;
            } else if (action === 'shift') {
              expect(fifo.peek()).toBe(model[0]);
              expect(fifo.shift()).toBe(model.shift());
            } else {
              const isThird = (item: number) => item % 3 === 0;
              expect(fifo.extract(isThird)).toEqual(model.filter(isThird));
              model = model.filter((item) => !isThird(item));
            }
            expect(fifo.size).toBe(model.length);
          }
          expect([...fifo]).toEqual(model);
        },
      ),
    );
  });
});
