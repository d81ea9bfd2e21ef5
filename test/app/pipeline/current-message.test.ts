import { setImmediate as turn } from 'node:timers/promises';
import {
  Controller,
  defineMiddleware,
  defineTopic,
  drop,
  Inject,
  type Message,
  otherwise,
  retry,
  Topic,
} from 'topicwise';
import { currentMessage } from 'topicwise/current-message';
import { createTestApp } from 'topicwise/testing';
import { beforeEach, describe, expect, it } from 'vitest';

const connection = { url: 'mqtt://nowhere.invalid', clientId: 'app' };
const reading = defineTopic('readings/+id', { qos: 1, codec: 'text' });
const other = defineTopic('other', { qos: 1, codec: 'text' });

const log: string[] = [];
const note = (where: string) => void log.push(`${where}: ${currentMessage()?.topic}`);
beforeEach(() => {
  log.length = 0;
});

describe('currentMessage()', () => {
  it('is the message in whatever the handler calls, also behind an await, for each of those side by side', async () => {
    class Repo {
      async store() {
        await turn();
        note('stored');
      }
    }
    @Controller()
    class Readings {
      constructor(@Inject(Repo) readonly repo: Repo) {}
      @Topic(reading) async on(message: Message<typeof reading>) {
        expect(currentMessage()).toBe(message);
        await this.repo.store();
        expect(currentMessage()).toBe(message);
      }
    }
    await using t = await createTestApp({ connection, controllers: [Readings] });
    await Promise.all(['1', '2', '3'].map((id) => t.deliver(reading.to({ id }), 'x')));
    expect(log).toEqual(['stored: readings/1', 'stored: readings/2', 'stored: readings/3']);
    expect(currentMessage()).toBeUndefined();
  });

  it('is the message in its middleware too, and in every attempt', async () => {
    const noting = defineMiddleware(async (_message, next) => {
      note('before');
      const outcome = await next();
      note('behind');
      return outcome;
    });
    @Controller({ errors: [otherwise(retry(1), drop())] })
    class Readings {
      @Topic(reading) async on({ attempt }: Message<typeof reading>) {
        await turn();
        note(`attempt ${attempt}`);
        if (attempt === 1) throw new Error('once more');
      }
    }
    await using t = await createTestApp({ connection, controllers: [Readings], middleware: [noting] });
    await t.deliver(reading.to({ id: '1' }), 'x');
    expect(log).toEqual([
      'before: readings/1',
      'attempt 1: readings/1',
      'attempt 2: readings/1',
      'behind: readings/1',
    ]);
  });

  it('is not left to the next message in line, whose turn comes when the one before it is done', async () => {
    @Controller({ concurrency: { order: 'strict' } })
    class Readings {
      @Topic(reading, {
        when: ({ topic }) => {
          note(`asked for ${topic}`);
          return true;
        },
      })
      async on(message: Message<typeof reading>) {
        // Its end is the end of what it published.
        void message.publish(other.to(), 'x');
      }
    }
    await using t = await createTestApp({ connection, controllers: [Readings] });
    await Promise.all(['1', '2'].map((id) => t.deliver(reading.to({ id }), 'x')));
    expect(log).toEqual(['asked for readings/1: undefined', 'asked for readings/2: undefined']);
  });

  it('is in the constructor of a class with message scope', async () => {
    @Controller({ scope: 'message' })
    class Readings {
      constructor() {
        note('built');
      }
      @Topic(reading) on() {}
    }
    await using t = await createTestApp({ connection, controllers: [Readings] });
    await t.deliver(reading.to({ id: '1' }), 'x');
    expect(log).toEqual(['built: readings/1']);
  });
});
