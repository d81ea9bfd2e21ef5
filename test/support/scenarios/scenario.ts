import type { Cut } from '../scripted-peer.js';
import { Fact, Scene } from './scene.js';
import type { Subject } from './subject.js';

export interface Scenario {
  readonly number: number;
  /** What a client must do. */
  readonly title: string;
  /** Whether the result could depend on how the bytes are cut. */
  readonly bytes: boolean;
  /** Why MQTT.js cannot be asked. */
  readonly notForMqttJs?: string;
  /** Each on a fresh stage; all must hold. */
  readonly parts: readonly ((scene: Scene) => Promise<void>)[];
}

/** A scenario about bytes: it runs in three cuttings. */
export function scenario(number: number, title: string, ...parts: Scenario['parts']): Scenario {
  return { number, title, bytes: true, parts };
}

/** A scenario that is not about bytes: it runs once. */
export function once(number: number, title: string, ...parts: Scenario['parts']): Scenario {
  return { number, title, bytes: false, parts };
}

export const cuttings: readonly Cut[] = ['byte by byte', 'in one segment', 'in random cuts'];

/** Runs one cutting. Undefined if all holds, else the fact that was observed. */
export async function run(subject: Subject, script: Scenario, cut: Cut): Promise<string | undefined> {
  for (const part of script.parts) {
    const scene = new Scene(subject, cut);
    try {
      await subject.within(scene.clock, () => part(scene));
    } catch (error) {
      if (!(error instanceof Fact)) throw error;
      return error.message;
    } finally {
      await subject.within(scene.clock, () => scene.end());
    }
  }
  return undefined;
}
