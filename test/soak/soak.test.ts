// A small part of `npm run soak`, which does the full counts.
import { expect, it } from 'vitest';
import { areas } from '../../scripts/soak/areas.js';
import { mosquittoMissing } from '../support/mosquitto.js';

const scales: Record<string, number> = {
  restarts: 0.06,
  cuts: 0.1,
  kills: 0.06,
  connections: 0.05,
  messages: 0.05,
  overload: 0.1,
};

const skip = mosquittoMissing !== undefined && process.env['TOPICWISE_REQUIRE_MOSQUITTO'] !== '1';

it.skipIf(skip).each(Object.keys(areas))(
  'breaks no promise in a short soak: %s',
  { timeout: 120_000 },
  async (name) => {
    const area = await areas[name]!(); // the name is one of its keys
    const figures = await area.run(scales[name]!);
    expect(figures.filter(({ violation }) => violation !== undefined)).toEqual([]);
  },
);
