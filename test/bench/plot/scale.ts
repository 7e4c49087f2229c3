// From values to places on an axis: linear from zero, or logarithmic.

export interface Scale {
  /** 0 at the beginning of the axis, 1 at its end. */
  place: (value: number) => number;
  ticks: number[];
}

/**
 * @param values for a logarithmic scale those above zero count
 * @param from where a linear scale begins; at 0 where a value is less
 */
export function makeScale(values: number[], log = false, from = 0): Scale {
  return log ? logarithmic(values.filter((value) => value > 0)) : linear(values, from);
}

function linear(values: number[], wanted: number): Scale {
  const from = values.some((value) => value < wanted) ? 0 : wanted;
  const length = Math.max(0, ...values.map((value) => value - from)) || 1;
  const step = roundStep(length / 5);
  const count = Math.ceil(length / step - 1e-9);
  return {
    place: (value) => (value - from) / (count * step),
    ticks: Array.from({ length: count + 1 }, (_, index) => from + index * step),
  };
}

/** Its ticks are 1, 2 and 5 times the powers of ten, or over many decades the powers alone. */
function logarithmic(values: number[]): Scale {
  const [least, most] = values.length === 0 ? [1, 10] : [Math.min(...values), Math.max(...values)];
  const factors = most / least > 1000 ? [1] : [1, 2, 5];
  const from = Math.floor(Math.log10(least));
  const count = Math.ceil(Math.log10(most)) - from + 2;
  const all = Array.from({ length: count }, (_, index) =>
    factors.map((one) => one * 10 ** (from + index)),
  ).flat();
  // From the last tick below the values to the first above them.
  const first = all.findLastIndex((tick) => tick <= least * (1 + 1e-9));
  const last = all.findIndex((tick, index) => index > first && tick >= most * (1 - 1e-9));
  const ticks = all.slice(first, last + 1);
  const [low, high] = [Math.log10(ticks[0] ?? 1), Math.log10(ticks.at(-1) ?? 10)];
  return { place: (value) => (value > 0 ? (Math.log10(value) - low) / (high - low) : 0), ticks };
}

/** 1, 2 or 5 times a power of ten, at least as much. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= step * (1 - 1e-9)) ?? 10);
}
