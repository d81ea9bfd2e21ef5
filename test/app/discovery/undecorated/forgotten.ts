import { Topic } from 'topicwise';

export class Forgotten {
  @Topic('a') on() {}
}
