import type { Clock } from '../time/clock.js';

/** What the keep-alive looks at and what it does. Times are milliseconds of the clock. */
export interface Pulse {
  lastReadAt(): number;
  lastWriteAt(): number;
  /** We have stopped reading ourselves: silence says nothing about the server. */
  paused(): boolean;
  ping(): void;
  dead(): void;
}

/**
 * One coarse timer, four ticks an interval, that compares times; nothing is rescheduled for a packet. It pings when nothing was
 * written for most of the interval, or nothing read: publishing must not hide that the server is silent. Silence for half an
 * interval after a ping is the end: at the latest 1.5 intervals after the last sign of life.
 */
export class KeepAlive {
  readonly #clock: Clock;
  readonly #interval: number;
  readonly #pulse: Pulse;
  #cancel: () => void = () => undefined;
  #pingedAt: number | undefined;
  /** When silence since the ping is the end. */
  #verdictAt = 0;
  #dueAt = 0;

  /** `seconds` is the interval that client and server agreed on; 0 is off. */
  constructor(clock: Clock, seconds: number, pulse: Pulse) {
    this.#clock = clock;
    this.#interval = seconds * 1_000;
    this.#pulse = pulse;
    if (seconds > 0) this.#arm();
  }

  stop(): void {
    this.#cancel();
  }

  #arm(): void {
    this.#dueAt = this.#clock.now() + this.#interval / 4;
    const look = () => {
      const now = this.#clock.now();
      const late = now - this.#dueAt;
      this.#arm();
      // We were not running: what the server sent meanwhile has not been read yet, timers come before sockets.
      this.#verdictAt += late;
      this.#tick(now);
    };
    this.#cancel = this.#clock.setTimer(this.#interval / 4, look, 'background');
  }

  #tick(now: number): void {
    const pulse = this.#pulse;
    const paused = pulse.paused();
    if (this.#pingedAt !== undefined) {
      const alive = paused || pulse.lastReadAt() >= this.#pingedAt;
      if (!alive && now >= this.#verdictAt) pulse.dead();
      if (!alive) return;
      this.#pingedAt = undefined;
    }
    const quiet = (this.#interval * 3) / 4;
    const wroteLately = now - pulse.lastWriteAt() < quiet;
    const readLately = paused || now - pulse.lastReadAt() < quiet;
    if (wroteLately && readLately) return;
    this.#pingedAt = now;
    this.#verdictAt = now + this.#interval / 2;
    pulse.ping();
  }
}
