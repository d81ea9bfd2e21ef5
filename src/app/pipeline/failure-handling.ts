import { Backoff } from '../../time/backoff.js';
import { TopicError, validateTopicName } from '../../topics/index.js';
import { DEAD_LETTER_PREFIX, deadLetterProperties } from '../policies/dead-letter.js';
import { nextStep, ruleFor } from '../policies/decide.js';
import type { Rule, TerminalStep } from '../policies/error-policy.js';
import { errorReplyTo } from '../publishing/reply.js';
import { ReplyError } from '../publishing/reply-error.js';
import { describeThrown } from '../thrown.js';
import type { RawPublish } from './route-context.js';
import type { RouteRun } from './route-run.js';

/** Milliseconds between the tries to publish a dead letter that the broker does not take. */
const deadLetterRetry = { minDelay: 1_000, maxDelay: 30_000 };

type DeadLetterTopic = Extract<TerminalStep, { does: 'dead-letter' }>['to'];

/** A message that failed, and what its policy makes of it: the handler again, or the last step. */
export class FailureHandling {
  readonly #run: RouteRun;
  #failures = 0;
  #wake: (() => void) | undefined;
  /** Lets the route go on that this message paused. */
  #resume: (() => void) | undefined;
  #backoff: Backoff | undefined;
  #isOver = false;

  constructor(run: RouteRun) {
    this.#run = run;
  }

  /** `alive`: the handler, where it still runs although its time is over. */
  failed(error: unknown, may: 'retry' | 'last step', alive: Promise<unknown> | undefined): void {
    this.#failures++;
    const run = this.#run;
    if (error instanceof ReplyError && run.route.contract.spec.reply !== undefined) {
      // It is an answer, and the message is handled with it.
      this.#answer(error, () => run.decide({ outcome: 'acked' }));
      return;
    }
    const rule = this.#ruleFor(error);
    const failure = { failures: this.#failures, mayRetry: may === 'retry' };
    const decision = nextStep(rule, failure, run.context.random);
    if ('last' in decision) {
      this.#takeLastStep(decision.last, error, alive);
      return;
    }
    run.context.reports.retrying(run, error, decision.retryIn);
    this.#wait(decision.retryIn, () => run.again());
  }

  wake(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** The message is decided on. */
  end(): void {
    this.#isOver = true;
    this.#wake = undefined;
    this.#resume?.();
    this.#resume = undefined;
  }

  #ruleFor(error: unknown): Rule {
    const { route, reading, context } = this.#run;
    const { isInvalid, message } = reading;
    try {
      return ruleFor(route.errors, { error, isInvalid }, message);
    } catch (mistake) {
      context.reports.troubled(
        this.#run,
        mistake,
        'A function of its failure policy threw. The default policy applies.',
      );
      return ruleFor([], { error, isInvalid }, message);
    }
  }

  #takeLastStep(step: TerminalStep, error: unknown, alive: Promise<unknown> | undefined): void {
    const run = this.#run;
    switch (step.does) {
      case 'dead-letter':
        this.#answer(error, () => this.#deadLetter(step.to, error));
        break;
      case 'reject': {
        const { code, reason = reasonOf(error, run.reading.isInvalid) } = step;
        this.#answer(error, () => run.decide({ outcome: 'rejected', rejection: { code, reason } }));
        break;
      }
      case 'drop':
        this.#answer(error, () => run.decide({ outcome: 'dropped' }));
        break;
      case 'redeliver':
        this.#redeliver(step.after);
        break;
      case 'pause':
        this.#pause(step, error, alive);
        break;
      case 'stop':
        run.context.stop(
          `${run.route.name} failed on "${run.delivery.message.topic}", and its policy stops the application: ${describeThrown(error).message}`,
        );
        run.decide({ outcome: 'held' });
    }
  }

  /** Who asked is told that there is no reply, before the message is given up. */
  #answer(error: unknown, then: () => void): void {
    const { route, delivery, context } = this.#run;
    const reply = route.contract.spec.reply && errorReplyTo(delivery.message, error);
    if (!reply) {
      if (route.contract.spec.reply) context.reports.unasked(this.#run);
      then();
      return;
    }
    const goOn = () => this.#isOver || then();
    context.publishReply({ ...reply, qos: route.contract.spec.qos }, route).then(goOn, (mistake: unknown) => {
      context.reports.troubled(this.#run, mistake, 'The error could not be sent to who asked.');
      goOn();
    });
  }

  /** At QoS 0, or once it is acknowledged, nobody has the message any more. */
  #redeliver(after: number): void {
    const run = this.#run;
    if (run.droppable || run.settlement.status === 'acked') {
      run.decide({ outcome: 'dropped' });
      return;
    }
    run.decide({ outcome: 'redeliver', redeliverAfter: after });
  }

  /** The handler does not run a second time beside itself: where it still runs, its end is waited for too. */
  #pause(
    { for: ms, scope }: Extract<TerminalStep, { does: 'pause' }>,
    error: unknown,
    alive: Promise<unknown> | undefined,
  ): void {
    const run = this.#run;
    run.context.reports.pausing(run, error, ms, scope);
    this.#resume = run.context.pause(run.route, scope);
    const goOn = () => {
      this.#resume?.();
      this.#resume = undefined;
      run.again();
    };
    this.#wait(ms, () => {
      if (!alive) goOn();
      else void Promise.allSettled([alive]).then(() => this.#isOver || goOn());
    });
  }

  #deadLetter(to: DeadLetterTopic, error: unknown): void {
    const run = this.#run;
    const { message } = run.delivery;
    if (run.context.deadLetters.includes(message)) {
      const reason = 'It is a dead letter itself, and is not dead-lettered a second time.';
      run.context.reports.troubled(run, error, reason);
      run.decide({ outcome: 'rejected', rejection: { code: 0x80, reason } });
      return;
    }
    const topic = this.#deadLetterTopic(to);
    const story = {
      route: run.route.name,
      error,
      attempts: run.attempts,
      firstSeen: run.delivery.receivedAt,
    };
    const properties = deadLetterProperties(message, story);
    this.#publish({ topic, payload: message.payload, qos: 1, properties });
  }

  #publish(letter: RawPublish): void {
    const run = this.#run;
    run.context.publishDeadLetter(letter, run.route).then(
      () => this.#isOver || run.decide({ outcome: 'dead-lettered' }),
      (error: unknown) => this.#isOver || this.#notTaken(letter, error),
    );
  }

  /** Nothing is lost: the message stays unacknowledged, and nothing more is taken that might need a dead letter too. */
  #notTaken(letter: RawPublish, error: unknown): void {
    const run = this.#run;
    run.context.reports.troubled(
      run,
      error,
      `The broker does not take its dead letter on "${letter.topic}". The message stays unacknowledged and its route pauses until it does.`,
    );
    this.#resume ??= run.context.pause(run.route, 'route');
    this.#backoff ??= new Backoff(deadLetterRetry, run.context.random);
    this.#wait(this.#backoff.next(), () => this.#publish(letter));
  }

  #deadLetterTopic(to: DeadLetterTopic): string {
    const run = this.#run;
    const { prefix, deadLetters } = run.context;
    const standard = prefix.add(DEAD_LETTER_PREFIX + prefix.strip(run.delivery.message.topic));
    if (typeof to === 'string') return prefix.add(to);
    if (to === undefined) return standard;
    try {
      const named = prefix.add(to(run.message));
      const wrong = validateTopicName(named);
      if (wrong) throw new TopicError(named, wrong);
      deadLetters.choose(named);
      return named;
    } catch (mistake) {
      const sentence = `The function of deadLetter() names no topic. Its dead letter goes to "${standard}".`;
      run.context.reports.troubled(run, mistake, sentence);
      return standard;
    }
  }

  #wait(ms: number, then: () => void): void {
    this.#wake = then;
    this.#run.context.wait(this.#run, ms);
  }
}

/** What is wrong with a message is said to its sender; what is wrong with the handler is not. */
function reasonOf(error: unknown, isInvalid: boolean): string | undefined {
  return isInvalid && error instanceof Error ? error.message : undefined;
}
