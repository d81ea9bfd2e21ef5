import { type Value, value } from '../command.js';

export function portOption(summary: string): Value<number> {
  return value({ shown: '<number>', summary, takes: 'a number from 0 to 65535', read: readPort });
}

function readPort(text: string): number | undefined {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
}
