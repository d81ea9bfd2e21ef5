/** A fault that can never strike as it was scripted; thrown by the call that scripts it. */
export class ImpossibleFaultError extends Error {
  override readonly name = 'ImpossibleFaultError';
}
