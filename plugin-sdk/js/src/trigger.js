// Why a row is handed over: the bit word of the interface, and the timeframes that its bits name.

/** Lengths of bars, shortest first; the position is the bit in the trigger word. */
export const TIMEFRAMES = Object.freeze(["1m", "5m", "15m", "1h", "4h", "1d"]);

const CLOSES = 0x3f;

export class Trigger {
  constructor(bits = 0) {
    this.bits = bits >>> 0;
  }

  with(other) {
    return new Trigger(this.bits | other.bits);
  }

  closed(timeframe) {
    return (this.bits & closing(timeframe).bits) !== 0;
  }

  anyClosed() {
    return (this.bits & CLOSES) !== 0;
  }

  timeframes() {
    return TIMEFRAMES.filter((_, bit) => (this.bits & (1 << bit)) !== 0);
  }

  isTimer() {
    return (this.bits & TIMER.bits) !== 0;
  }

  isOnDemand() {
    return (this.bits & ON_DEMAND.bits) !== 0;
  }

  isCohort() {
    return (this.bits & COHORT.bits) !== 0;
  }
}

export const TIMER = new Trigger(1 << 8);
export const ON_DEMAND = new Trigger(1 << 9);
export const COHORT = new Trigger(1 << 10);

/** The closing of one timeframe. */
export function closing(timeframe) {
  const bit = TIMEFRAMES.indexOf(timeframe);
  if (bit < 0) throw new RangeError(`\`${timeframe}\` is no timeframe: ${TIMEFRAMES.join(", ")}`);
  return new Trigger(1 << bit);
}
