import type { Area } from './area.js';

/** By name, in the order in which they run. */
export const areas: Record<string, () => Promise<Area>> = {
  restarts: () => import('./restarts.js'),
  cuts: () => import('./cuts.js'),
  kills: () => import('./kills.js'),
  connections: () => import('./connections.js'),
  messages: () => import('./messages.js'),
  overload: () => import('./overload.js'),
};
