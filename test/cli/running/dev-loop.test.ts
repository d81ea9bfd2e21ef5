import { expect, it } from 'vitest';
import { DevLoop } from '../../../src/cli/running/dev-loop.js';
import { VirtualClock } from '../../../src/time/index.js';
import { FakeChild } from '../../support/cli/fake-child.js';

function loop() {
  const clock = new VirtualClock();
  const children: FakeChild[] = [];
  const lines: string[] = [];
  const watched: string[] = [];
  let change: (file: string) => void = () => {};
  const loop = new DevLoop(
    {
      clock,
      fork() {
        const child = new FakeChild();
        children.push(child);
        return child;
      },
      watch(changed) {
        change = changed;
        return { add: (files) => void watched.push(...files), close: () => void watched.splice(0) };
      },
      say: (line) => lines.push(line),
      shown: (file) => file.slice(1),
    },
    ['/app.ts'],
  );
  return { clock, loop, children, lines, watched, change: (file: string) => change(file) };
}

it('watches what the application imports, besides the files it was given', () => {
  const { children, watched } = loop();
  children[0]!.says({ files: ['/one.ts'] });
  expect(watched).toEqual(['/app.ts', '/one.ts']);
});

it('starts the application again once, when the files are quiet and the old one has ended', async () => {
  const { clock, children, lines, change } = loop();
  change('/app.ts');
  await clock.advance(49);
  change('/one.ts');
  await clock.advance(49);
  expect(lines).toEqual([]);
  await clock.advance(1);
  expect([lines, children[0]!.asked, children.length]).toEqual([['one.ts has changed.'], ['stop'], 1]);
  children[0]!.ends(0);
  expect(children).toHaveLength(2);
  await clock.advance(60_000);
  expect(children[1]!.asked).toEqual([]);
});

it('ends an application that takes too long to stop', async () => {
  const { clock, children, lines, change } = loop();
  change('/app.ts');
  await clock.advance(50 + 4_999);
  expect(children[0]!.asked).toEqual(['stop']);
  await clock.advance(1);
  expect(children[0]!.asked).toEqual(['stop', 'kill']);
  expect(lines.at(-1)).toBe('The application takes longer than 5 s to stop: it is ended.');
  children[0]!.ends('SIGKILL');
  expect(children).toHaveLength(2);
});

it('waits for a change when the application has ended by itself', async () => {
  const { clock, children, lines, change } = loop();
  children[0]!.ends(1);
  expect(lines).toEqual([
    'The application has ended (exit code 1). It is started again when a file changes.',
  ]);
  change('/app.ts');
  await clock.advance(50);
  expect(children).toHaveLength(2);
});

it('is over once it was stopped and the application has ended, whatever changed meanwhile', async () => {
  const { clock, loop: subject, children, lines, watched, change } = loop();
  change('/app.ts');
  subject.stop();
  await clock.advance(50);
  expect([lines, watched, children[0]!.asked]).toEqual([[], [], ['stop']]);
  children[0]!.ends(0);
  await subject.over;
  expect(children).toHaveLength(1);
});

it('is over at once where no application runs', async () => {
  const { loop: subject, children } = loop();
  children[0]!.ends(1);
  subject.stop();
  await subject.over;
});
