import { Controller, createApp, type Message, Topic } from 'topicwise';

/** Started in several processes, each job goes to one of them. */
@Controller({ share: 'workers' })
export class JobController {
  readonly jobs: string[] = [];

  @Topic('jobs/+queue')
  onJob(message: Message<'jobs/+queue'>) {
    this.jobs.push(message.text());
  }
}

/** `worker` differs from process to process: two clients of the same name would take the session from each other. */
export const worker = (name: string) =>
  createApp({
    connection: { url: 'mqtt://localhost', clientId: `worker-${name}` },
    controllers: [JobController],
  });
