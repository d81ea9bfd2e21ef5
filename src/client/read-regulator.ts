import { LimitError, ProtocolError } from '../packets/errors.js';
import type { Session } from '../session/session.js';

export interface ReadRegulatorSettings {
  readonly protocolVersion: 4 | 5;
  readonly receiveMaximum: number;
  readonly pausesWhenFull: boolean;
}

/**
 * When to stop reading, so that the server feels it: MQTT 3.1.1 has no receive maximum, and not every server heeds the one of MQTT 5. Not while we wait for an answer, which
 * would then never be read: to a request, to an AUTH, or the message that replies to one of ours.
 */
export class ReadRegulator {
  readonly #settings: ReadRegulatorSettings;
  readonly #session: Session;
  readonly #awaitsMore: () => boolean;

  /** `awaitsMore`: an answer is waited for of which the session does not know. */
  constructor(settings: ReadRegulatorSettings, session: Session, awaitsMore: () => boolean) {
    this.#settings = settings;
    this.#session = session;
    this.#awaitsMore = awaitsMore;
  }

  /** False: reading never stops. */
  get isOn(): boolean {
    return this.#settings.pausesWhenFull;
  }

  get wantsPause(): boolean {
    if (this.#session.unacknowledged < this.#settings.receiveMaximum) return false;
    return this.#session.awaited === 0 && !this.#awaitsMore();
  }

  /** Before more is read. Throws a ProtocolError, on MQTT 3.1.1 a LimitError, if too much came while requests waited. */
  check(): void {
    const { pausesWhenFull, protocolVersion, receiveMaximum } = this.#settings;
    const bound = Math.max(receiveMaximum, 100) * 4; // a server that sends in bursts is not at fault, however small our window
    if (!pausesWhenFull || this.#session.unacknowledged < bound) return;
    const sentence = `The server sent ${bound} messages that are not acknowledged while requests waited for its answer: acknowledge sooner, or raise receiveMaximum.`;
    throw protocolVersion === 5 ? new ProtocolError(0x93, sentence) : new LimitError('queue', sentence);
  }
}
