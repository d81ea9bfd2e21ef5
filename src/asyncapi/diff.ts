// What changed between two AsyncAPI documents, for those who use what they describe.
import { diffEndpoints, titleOf } from './diff-endpoints.js';
import { isObject, type JsonObject } from './json-object.js';
import { type Endpoint, endpointsOf } from './read-endpoints.js';

/** A sentence each, in the order of the topics. */
export interface DocumentDiff {
  /** Others have to follow, or lose messages: a topic or a reply is gone, less is taken, other things are sent, at a lower QoS. */
  readonly breaking: readonly string[];
  readonly compatible: readonly string[];
}

/**
 * Compares what two AsyncAPI 3 documents promise, as JSON that was parsed. The names of operations, channels and parameters may change: topics are what counts.
 * @throws TypeError for what is no such document, or has a reference that leads nowhere.
 */
export function diffDocuments(before: unknown, after: unknown): DocumentDiff {
  const documents = { before: checked(before, 'first'), after: checked(after, 'second') };
  const breaking: string[] = [];
  const compatible: string[] = [];
  const report = (isBreaking: boolean, sentence: string) => {
    (isBreaking ? breaking : compatible).push(sentence);
  };
  const former = endpointsOf(documents.before);
  const current = endpointsOf(documents.after);
  const places = [...new Set([...former.keys(), ...current.keys()])].sort();
  const moved = movedEndpoints(former, current);
  for (const place of places) {
    const one = former.get(place);
    const other = current.get(place);
    const source = other && moved.get(other);
    if (one && other) diffEndpoints(one, other, documents, report);
    else if (other && source) {
      report(true, `${titleOf(other)}: ${other.operations[0]} used "${source.address}" before.`);
      diffEndpoints(source, other, documents, report);
    } else if (other) report(false, `${titleOf(other)}: this is new (${other.operations.join(', ')}).`);
    else if (one && ![...moved.values()].includes(one)) {
      report(true, `${titleOf(one)}: this is gone (${one.operations.join(', ')}).`);
    }
  }
  diffServers(documents.before, documents.after, report);
  return { breaking, compatible };
}

/** New endpoints, with those that are gone and had an operation of the same name: they have another address now. */
function movedEndpoints(
  former: ReadonlyMap<string, Endpoint>,
  current: ReadonlyMap<string, Endpoint>,
): ReadonlyMap<Endpoint, Endpoint> {
  const gone = [...former].filter(([place]) => !current.has(place)).map(([, endpoint]) => endpoint);
  const moved = new Map<Endpoint, Endpoint>();
  for (const [place, endpoint] of current) {
    if (former.has(place)) continue;
    const source = gone.find(
      (one) =>
        one.action === endpoint.action &&
        one.operations.some((key) => endpoint.operations.includes(key)) &&
        ![...moved.values()].includes(one),
    );
    if (source) moved.set(endpoint, source);
  }
  return moved;
}

/** Where the broker is, is told to clients in other ways: no promise of the document. */
function diffServers(
  before: JsonObject,
  after: JsonObject,
  report: (isBreaking: boolean, sentence: string) => void,
): void {
  const one = serversOf(before);
  const other = serversOf(after);
  for (const server of one) if (!other.includes(server)) report(false, `The server ${server} is gone.`);
  for (const server of other) if (!one.includes(server)) report(false, `The server ${server} is new.`);
}

function serversOf({ servers }: JsonObject): string[] {
  return Object.values(isObject(servers) ? servers : {}).flatMap((server) =>
    isObject(server) ? `${server['protocol']}://${server['host']}${server['pathname'] ?? ''}` : [],
  );
}

function checked(document: unknown, which: 'first' | 'second'): JsonObject {
  if (isObject(document) && /^3\./.test(String(document['asyncapi']))) return document;
  const what =
    isObject(document) && 'asyncapi' in document
      ? `AsyncAPI ${String(document['asyncapi'])}`
      : 'something else';
  throw new TypeError(`The ${which} document is no AsyncAPI 3 document: it is ${what}.`);
}
