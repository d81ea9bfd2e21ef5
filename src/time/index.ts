export * from './backoff.js';
export * from './clock.js';
export * from './duration.js';
export * from './seeded-random.js';
export * from './sleep.js';
export * from './system-clock.js';
export * from './virtual-clock.js';
