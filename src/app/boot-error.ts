/**
 * The application can't start as it is written, or something that it is made of could not be built: then `cause` is what was thrown. `findings` are all its
 * mistakes, a sentence each.
 */
export class BootError extends Error {
  override readonly name = 'BootError';
  /** A sentence for each mistake: what is wrong, where, what to write instead. */
  readonly findings: readonly string[];

  constructor(findings: readonly string[], options?: ErrorOptions) {
    super(
      findings.length === 1
        ? findings[0]
        : `${findings.length} mistakes keep the application from starting:\n${findings.map((finding) => `  - ${finding}`).join('\n')}`,
      options,
    );
    this.findings = findings;
  }
}

/** Throws one BootError for all findings, or returns. */
export function refuseIfAny(findings: readonly string[]): void {
  if (findings.length > 0) throw new BootError(findings);
}
