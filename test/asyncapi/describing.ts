import type { Description, Receiving } from '../../src/asyncapi/index.js';
import type { Contract } from '../../src/contracts/index.js';

/** A handler called `handle` that is nothing but what is said of it. */
export function receiving(contract: Contract, more: Partial<Receiving> = {}): Receiving {
  return {
    name: 'handle',
    contract,
    qos: contract.spec.qos,
    share: undefined,
    summary: undefined,
    tags: [],
    bound: {},
    sends: [],
    ...more,
  };
}

/** An application that handles messages of these topics. */
export function handling(...contracts: readonly Contract[]): Description {
  return { receives: contracts.map((contract) => receiving(contract)) };
}
