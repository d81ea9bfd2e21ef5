// Second copies of the packages whose decorators leave notes: what one copy writes the other may not see.
import { type DependencyContainer, container as root } from './tsyringe.js';

class Probe {}
const NOTE = 'topicwise:probe';
Reflect.defineMetadata(NOTE, true, Probe);

/** What was installed twice. `outside` is the container that the user handed in. */
export function copiesFindings(outside: DependencyContainer | undefined): string[] {
  const findings: string[] = [];
  if (Reflect.getOwnMetadata(NOTE, Probe) !== true) {
    findings.push(
      'A second copy of reflect-metadata was loaded after that of topicwise, and does not know what decorators wrote before. Find it with "npm ls reflect-metadata", and install one copy only.',
    );
  }
  // A container has no public class; each copy of tsyringe has one of its own.
  if (outside && outside.constructor !== root.constructor) {
    findings.push(
      'container was made by a second copy of tsyringe, which does not know the classes that topicwise decorated. Take container from topicwise, or find the copy with "npm ls tsyringe" and install one only.',
    );
  }
  return findings;
}
