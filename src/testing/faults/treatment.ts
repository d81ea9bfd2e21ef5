import type { Effect, PacketFault } from './fault.js';

type Of<Does extends Effect['does']> = Extract<Effect, { does: Does }>;

/** Everything that the faults which struck one packet do to it. */
export interface Treatment {
  delay: number;
  lost: boolean;
  copies: number;
  refusal: Of<'refuse'> | undefined;
  corruption: Of<'corrupt'> | undefined;
  cut: Of<'cut'> | undefined;
  disconnection: Of<'disconnect'> | undefined;
  slowness: Of<'slow'> | undefined;
}

/** Delays add up, copies too; of two faults of another kind the one that was scripted first counts. */
export function treatmentOf(faults: readonly PacketFault[]): Treatment {
  const treatment: Treatment = {
    delay: 0,
    lost: false,
    copies: 1,
    refusal: undefined,
    corruption: undefined,
    cut: undefined,
    disconnection: undefined,
    slowness: undefined,
  };
  for (const { effect } of faults) {
    switch (effect.does) {
      case 'delay':
        treatment.delay += effect.ms;
        break;
      case 'lose':
        treatment.lost = true;
        break;
      case 'duplicate':
        treatment.copies += 1;
        break;
      case 'refuse':
        treatment.refusal ??= effect;
        break;
      case 'corrupt':
        treatment.corruption ??= effect;
        break;
      case 'cut':
        treatment.cut ??= effect;
        break;
      case 'disconnect':
        treatment.disconnection ??= effect;
        break;
      case 'slow':
        treatment.slowness ??= effect;
        break;
    }
  }
  return treatment;
}
