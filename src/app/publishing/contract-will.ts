import type { Will } from '../../client/options.js';
import { type AnyOutgoing, encodePayload, InvalidMessage } from '../../contracts/index.js';
import { TopicError } from '../../topics/index.js';
import type { TopicPrefix } from '../routes/topic-prefix.js';
import { publishProperties } from './publish-properties.js';

/** A will of a contract: `status.message({ id }, { on: false })`, with the contract's QoS, retain and expiry where the message says nothing itself. */
export interface ContractWill extends AnyOutgoing {
  /** Seconds that the broker waits for the application to come back: `{ ...status.message(...), delay: 30 }`. MQTT 5 only. Default 0. */
  readonly delay?: number;
}

export function isContractWill(will: Will | ContractWill): will is ContractWill {
  return 'target' in will;
}

/** The will as the client takes it, checked and encoded. What is wrong with it goes to `findings`; then there is none. */
export async function encodeWill(
  { target, payload, options = {}, delay }: ContractWill,
  protocol: 4 | 5,
  prefix: TopicPrefix,
  findings: string[],
): Promise<Will | undefined> {
  const { contract } = target;
  if (options.signal !== undefined) {
    findings.push('connection.will: nobody waits for a will, so it takes no signal. Leave it out.');
    return undefined;
  }
  try {
    return {
      topic: prefix.add(target.address),
      payload: await encodePayload(contract, payload, options.contentType),
      qos: options.qos ?? contract.spec.qos,
      retain: options.retain ?? contract.spec.retain,
      ...publishProperties(contract, options, protocol),
      ...(delay !== undefined && { delay }),
    };
  } catch (error) {
    if (!(error instanceof InvalidMessage || error instanceof TopicError)) throw error;
    findings.push(`connection.will: ${error.message}`);
    return undefined;
  }
}
