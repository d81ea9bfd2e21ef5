import { Controller, Topic } from 'topicwise';
import { Repository } from './repository.js';

/** Injected by type: only where the build emits what the types are. */
@Controller()
export class PlainController {
  constructor(readonly repository: Repository) {}
  @Topic('plain') onPlain() {}
}
