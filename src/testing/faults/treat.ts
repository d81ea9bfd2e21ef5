import type { Random } from '../../time/index.js';
import { beginning, corrupted } from './damage.js';
import type { Treatment } from './treatment.js';

/** The way of one packet over a wire, as far as a fault can bend it. `note` says in the transcript what happened. */
export interface Passage {
  /** Hands the packet over as it is. */
  through(note: string | undefined): void;
  /** Hands it over once more. */
  again(note: string | undefined): void;
  /** Hands over other bytes, or none; what was sent has not arrived. */
  instead(bytes: Uint8Array | undefined, note: string | undefined): void;
  refuse(refusal: NonNullable<Treatment['refusal']>, note: string | undefined): void;
  end(how: string, disconnection?: Treatment['disconnection']): void;
  slowDown(slowness: NonNullable<Treatment['slowness']>): void;
}

/** Does to a packet what its faults say. `held` is what has kept it so far. */
export function treat(
  frame: Uint8Array,
  treatment: Treatment,
  held: string | undefined,
  passage: Passage,
  random: Random,
): void {
  const { delay, lost, copies, refusal, corruption, cut, disconnection, slowness } = treatment;
  const told = (note?: string) => {
    const notes = [held, delay > 0 ? `delayed ${delay} ms` : undefined, note];
    return notes.filter((each) => each !== undefined).join(', ') || undefined;
  };
  if (disconnection?.when === 'before') {
    passage.instead(undefined, told('disconnected before'));
    passage.end('disconnected', disconnection);
    return;
  }
  if (lost) {
    passage.instead(undefined, told('lost'));
  } else if (refusal !== undefined) {
    passage.refuse(refusal, told('refused'));
  } else if (cut !== undefined) {
    const begun = beginning(frame, cut.at, random);
    passage.instead(begun, told(`cut after ${begun.length} of ${frame.length} bytes`));
    passage.end('cut');
    return;
  } else if (corruption !== undefined) {
    const { bytes, byte, bit } = corrupted(frame, corruption.at, random);
    passage.instead(bytes, told(`corrupted: bit ${bit} of byte ${byte}`));
  } else {
    passage.through(told());
    for (let copy = 1; copy < copies; copy += 1) passage.again(told('duplicate'));
  }
  if (slowness !== undefined) passage.slowDown(slowness);
  if (disconnection !== undefined) passage.end('disconnected', disconnection);
}
