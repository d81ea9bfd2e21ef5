import { describe, expect, it } from 'vitest';
import { asyncapiDocument } from '../../src/asyncapi/index.js';
import { everything } from './everything.js';
import { complaintsOf } from './official-parser.js';

describe('AsyncAPI`s own parser', () => {
  it('has nothing to say of a document with every feature', async () => {
    expect(await complaintsOf(asyncapiDocument(everything).document)).toEqual([]);
  });

  it('has nothing to say of an application without handlers and connection', async () => {
    expect(await complaintsOf(asyncapiDocument({ receives: [] }).document)).toEqual([]);
  });

  it('would see a parameter that is not described, and a QoS that there is not', async () => {
    const broken = asyncapiDocument(everything).document as unknown as {
      channels: { sensorsDeviceIdReading: { parameters: object } };
      operations: { log: { bindings: { mqtt: { qos: number } } } };
    };
    broken.channels.sensorsDeviceIdReading.parameters = {};
    broken.operations.log.bindings.mqtt.qos = 7;
    const complaints = (await complaintsOf(broken)).join('\n');
    expect(complaints).toContain('asyncapi3-channel-parameters at channels.sensorsDeviceIdReading');
    expect(complaints).toContain('operations.log.bindings.mqtt.qos');
  });
});
