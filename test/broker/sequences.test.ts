// Random sequences of packets and bytes, valid and hostile, from up to five clients in mixed versions. A failing one is printed, cut down
// to what matters, with seed and path: TOPICWISE_SEED and TOPICWISE_PATH play it again. `npm run fuzz` plays far more of them.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { playSequence, type Tally } from '../support/broker/play-sequence.js';
import { policy } from '../support/broker/random-policies.js';
import { sequence } from '../support/broker/random-steps.js';

const runs = Number(process.env['TOPICWISE_SEQUENCES'] ?? 5_000);
const seed = Number(process.env['TOPICWISE_SEED'] ?? 4);
const path = process.env['TOPICWISE_PATH'];

it(`${runs} random sequences: nothing thrown, nothing illegal sent, nothing beyond the limits, nothing left`, async () => {
  const tally: Tally = { steps: 0, connections: 0, answers: new Map() };
  await fc.assert(
    fc.asyncProperty(policy, sequence, (policy, steps) => playSequence(policy, steps, tally)),
    { numRuns: runs, seed, ...(path !== undefined && { path }) },
  );
  if (path !== undefined) return;
  // What the sequences must reach, or they show nothing.
  expect([...tally.answers.keys()]).toEqual(
    expect.arrayContaining([
      'publish',
      'pubrel 0x00',
      'pubrel 0x92',
      'pubcomp 0x92',
      'puback 0x10',
      'puback 0x97',
      'suback 0x97',
      'auth 0x18',
      'connack 0x86',
      'puback 0x87',
      'disconnect 0x82',
      'disconnect 0x8d',
      'disconnect 0x8e',
      'disconnect 0x93',
      'disconnect 0x94',
      'disconnect 0x95',
      'connack 0x8c',
      'connack 0x97',
    ]),
  );
}, 600_000);
