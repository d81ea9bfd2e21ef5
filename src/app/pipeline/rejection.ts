import type { AckErrorCode } from '../../client/message.js';
import { packetSize } from '../../packets/encode-packet.js';

export interface Rejection {
  readonly code: AckErrorCode;
  readonly reason: string | undefined;
}

/** Now, and to whoever asks: when its turn comes, the acknowledgement could only be lost. */
export function refuseIllegal(call: string, { code, reason }: Rejection): void {
  if (code < 0x80) {
    throw new RangeError(`${call}(${code}): a refusal has a reason code of 0x80 or above.`);
  }
  const properties = reason === undefined ? {} : { properties: { reasonString: reason } };
  packetSize({ type: 'puback', packetId: 1, reasonCode: code, ...properties }, 5);
}
