import type { Scenario } from '../../../support/scenarios/scenario.js';
import { handshake } from './handshake.js';
import { liveness } from './liveness.js';
import { publishing } from './publishing.js';
import { receiving } from './receiving.js';
import { resending } from './resending.js';
import { subscribing } from './subscribing.js';

/** The situations in which MQTT clients go wrong, by their numbers. */
export const scenarios: readonly Scenario[] = [
  ...handshake,
  ...publishing,
  ...resending,
  ...receiving,
  ...subscribing,
  ...liveness,
];
