import type { Subscription } from './session.js';

/** The subscribers of one shared subscription: each message goes to one of them. MQTT 5.0, 4.8.2. */
export class SharedGroup {
  /** The filter as the clients wrote it, `$share/<name>/<filter>`. */
  readonly key: string;
  /** The filter that topics are matched against. */
  readonly filter: string;
  readonly #members: Subscription[] = [];
  readonly #chance: number;
  /** Place of whose turn it is; drawn as the first message comes. */
  #turn: number | undefined;

  /** `chance`, from 0 to 1, draws the member that begins. */
  constructor(key: string, filter: string, chance: number) {
    this.key = key;
    this.filter = filter;
    this.#chance = chance;
  }

  get isEmpty(): boolean {
    return this.#members.length === 0;
  }

  /** Whether somebody is there to take a message at once. */
  get hasConnectedMember(): boolean {
    return this.#members.some(({ session }) => session.connection !== undefined);
  }

  /** A member that subscribes again keeps its place. */
  put(member: Subscription): void {
    const place = this.#placeOf(member);
    if (place < 0) this.#members.push(member);
    else this.#members[place] = member;
  }

  remove(member: Subscription): void {
    const place = this.#placeOf(member);
    if (place < 0) return;
    this.#members.splice(place, 1);
    // Whose turn it is stays the same.
    if (this.#turn !== undefined && place < this.#turn) this.#turn -= 1;
  }

  /** Next in turn, in the order of subscribing; who is connected goes before who is not. */
  next(): Subscription | undefined {
    const count = this.#members.length;
    const turn = this.#turn ?? Math.floor(this.#chance * count);
    let choice: number | undefined;
    for (let step = 0; step < count; step += 1) {
      const place = (turn + step) % count;
      choice ??= place;
      if (this.#members[place]?.session.connection === undefined) continue;
      choice = place;
      break;
    }
    if (choice === undefined) return undefined;
    this.#turn = (choice + 1) % count;
    return this.#members[choice];
  }

  #placeOf(member: Subscription): number {
    return this.#members.findIndex((other) => other.session === member.session);
  }
}
