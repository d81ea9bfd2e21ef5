import {
  ClosedError,
  ConnectionLostError,
  type Message,
  MqttError,
  type PublishResult,
} from '../../client/index.js';
import { entryOf } from '../addressing/entry-of.js';
import {
  type CommandGroup,
  defineCommand,
  Failure,
  flag,
  Misunderstanding,
  type OptionValues,
} from '../command.js';
import { brokerFailure, ofBroker } from '../connection/broker-failure.js';
import { openConnection } from '../connection/open-connection.js';
import type { Letter } from '../dead-letters/letter.js';
import { filterOptions, type SessionGiven, sessionNotes, sessionOptions } from '../dead-letters/options.js';
import {
  type ChoiceGiven,
  checkChoice,
  checkFilters,
  chosen,
  filtered,
  numbered,
} from '../dead-letters/selection.js';
import { type Collected, sessionOf, withLetters } from '../dead-letters/session.js';
import { listFields, table, whole, wholeFields } from '../dead-letters/shown-letter.js';
import type { Host } from '../host.js';
import { legible } from '../legible.js';
import { jsonLine } from '../messages/json-line.js';

const list = defineCommand({
  name: 'list',
  summary: 'list the dead letters that the session holds',
  purpose: 'lists the dead letters that the session holds; all of them stay',
  options: { ...filterOptions, ...sessionOptions },
  notes: sessionNotes,
  example: "npx topicwise dlq list --topic 'sensors/#'",
  async run(given, host) {
    checkFilters(given);
    return await withLetters('topicwise dlq list', given, host, async (collected) => {
      const letters = filtered(collected, given);
      if (given.json) for (const letter of letters) host.stdout.write(jsonLine(listFields(letter)));
      else if (letters.length > 0) host.stdout.write(table(letters));
      else
        host.stdout.write(collected.letters.length === 0 ? 'No dead letters.\n' : 'No dead letter fits.\n');
      return 0;
    });
  },
});

const show = defineCommand({
  name: 'show',
  summary: 'show one dead letter in full',
  purpose:
    'shows one dead letter in full, with its payload and the properties that its message had; it stays',
  operands: { number: { takes: 'the number of a dead letter in the list' } },
  options: sessionOptions,
  notes: `With --entry the payload is decoded by the contract of its message.\n\n${sessionNotes}`,
  example: 'npx topicwise dlq show 1 --entry src/app.ts',
  run: (given, host) =>
    withLetters('topicwise dlq show', given, host, async ({ letters, entry }) => {
      const letter = numbered(letters, given.number);
      host.stdout.write(await (given.json ? wholeFields(letter, entry) : whole(letter, entry)));
      return 0;
    }),
});

const which = { number: { takes: 'the number of a dead letter in the list', optional: true } } as const;
const choiceOptions = { ...filterOptions, all: flag('all that the session holds'), ...sessionOptions };

const purgeOptions = {
  ...choiceOptions,
  'end-session': flag('end the session, with all that is in it: nothing is collected any more'),
};

const replay = defineCommand({
  name: 'replay',
  summary: 'publish messages of dead letters again',
  purpose:
    'publishes the messages of dead letters again as they came, and lets go of each that the broker took',
  operands: which,
  options: choiceOptions,
  notes: [
    'A message goes to the topic on which it came, with its bytes, properties and QoS, and without the story of its failure. Only after',
    'the broker has taken it is the dead letter acknowledged; killed in between, the next replay publishes it once more. One',
    'to whose topic nobody subscribes stays, and so does what the broker refuses: then it ends with 1.',
    '',
    sessionNotes,
  ].join('\n'),
  example: 'npx topicwise dlq replay --handler SensorController.onReading',
  async run(given, host) {
    checkChoice(given);
    return await withLetters('topicwise dlq replay', given, host, async (collected) => {
      let kept = 0;
      for (const letter of chosenOrSaid(collected, given, host)) {
        const reason = await published(collected, letter);
        if (reason === undefined) await acknowledged(letter.message);
        else kept += 1;
        tell(host, given.json, letter, reason === undefined ? 'replayed' : 'kept', reason);
      }
      return kept > 0 ? 1 : 0;
    });
  },
});

const purge = defineCommand({
  name: 'purge',
  summary: 'let go of dead letters',
  purpose: 'acknowledges dead letters, upon which the broker forgets them',
  operands: which,
  options: purgeOptions,
  notes: sessionNotes,
  example: 'npx topicwise dlq purge --error InvalidReading',
  async run(given, host) {
    if (given['end-session']) return await endSession(given, host);
    checkChoice(given);
    return await withLetters('topicwise dlq purge', given, host, async (collected) => {
      for (const letter of chosenOrSaid(collected, given, host)) {
        await acknowledged(letter.message);
        tell(host, given.json, letter, 'purged');
      }
      return 0;
    });
  },
});

/** Dead letters: messages that no handler could do anything with. */
export const dlq: CommandGroup = {
  name: 'dlq',
  summary: 'list, show, replay and purge dead letters',
  purpose: 'works on dead letters, the messages whose handlers have failed',
  commands: [list, show, replay, purge],
  notes: sessionNotes,
  example: 'npx topicwise dlq list',
};

function chosenOrSaid(
  collected: Collected,
  given: ChoiceGiven & SessionGiven,
  host: Host,
): readonly Letter[] {
  const letters = chosen(collected, given);
  if (letters.length === 0 && !given.json) host.stdout.write('No dead letter fits.\n');
  return letters;
}

/** Why a letter's message did not go out; undefined if it did. */
async function published({ client }: Collected, letter: Letter): Promise<string | undefined> {
  const { topic, message, qos, original } = letter;
  if (topic === undefined) return 'it does not tell on which topic its message came';
  let result: PublishResult;
  try {
    result = await client.publish(topic, message.payload, { qos, ...original });
  } catch (error) {
    if (error instanceof ConnectionLostError || error instanceof ClosedError || !(error instanceof MqttError))
      throw brokerFailure(error);
    return error.message.replace(/\.$/, '');
  }
  return result.qos !== 0 && result.matched === false ? `nobody subscribes to ${topic}` : undefined;
}

async function acknowledged(message: Message): Promise<void> {
  const outcome = await ofBroker(message.ack());
  if (outcome === 'stale')
    throw new Failure('The connection was lost before a dead letter was acknowledged: it stays. Try again.');
}

function tell(host: Host, json: boolean, letter: Letter, outcome: string, reason?: string): void {
  const { number, topic, message } = letter;
  const line = json
    ? jsonLine({ number, topic, outcome, ...(reason !== undefined && { reason }) })
    : `${legible(`${outcome} ${number}  ${topic ?? message.topic}${reason === undefined ? '' : `: ${reason}.`}`)}\n`;
  host.stdout.write(line);
}

async function endSession(
  given: OptionValues<typeof purgeOptions> & { readonly number: string | undefined },
  host: Host,
): Promise<number> {
  if ([given.number, given.topic, given.handler, given.error].some((each) => each !== undefined) || given.all)
    throw new Misunderstanding('--end-session lets go of everything: leave number, filters and --all out.');
  const entry = await entryOf(given, host);
  const { clientId } = sessionOf(given, entry);
  // A clean start is what makes a broker forget a session, on MQTT 3.1.1 too.
  const { client } = await openConnection(given, host, {
    clientId,
    cleanStart: true,
    sessionExpiryInterval: 0,
    reconnect: false,
  });
  try {
    await ofBroker(client.disconnect());
  } finally {
    await client.close();
  }
  host.stdout.write(
    given.json
      ? jsonLine({ ended: clientId })
      : `The session ${legible(clientId)} is gone, with all that was in it.\n`,
  );
  return 0;
}
