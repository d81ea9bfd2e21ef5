import { Controller, type Message, Topic } from 'topicwise';

/** Looks at dead letters: what came, byte by byte, and what befell it. */
@Controller()
export class DeadLetterController {
  readonly stories: string[] = [];

  @Topic('dead-letter/#topic')
  onDeadLetter({ params, properties, raw }: Message<'dead-letter/#topic'>) {
    const said = (name: string) => properties.userProperties.get(name);
    const cause = `${said('dl-error')}: ${said('dl-message')}`;
    this.stories.push(
      `${said('dl-handler')} gave up ${raw.length} bytes on ${params.topic} after ${said('dl-attempts')} attempts, ${cause}`,
    );
  }
}

/** A catch-all gets dead letters only if it asks for them: what fails there would come back for ever. */
@Controller()
export class ArchiveController {
  readonly topics: string[] = [];

  @Topic('#', { deadLetters: true })
  onAnything({ topic }: Message) {
    this.topics.push(topic);
  }
}
