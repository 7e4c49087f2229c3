// Figures for narrow columns: three significant digits and a letter for the power of a thousand, at most five characters.
// They are rounded, unlike those of formatRate; --json has exact values.

const letters = ['', 'k', 'M', 'G', 'T', 'P'];

/** 0, 512, 1.23k, 14.9M, 1.00G; `-` when it is not known. */
export function figure(value: number | undefined): string {
  if (value === undefined) return '-';
  let scaled = value;
  let step = 0;
  while (step < letters.length - 1 && rounded(scaled, step) >= 1000) {
    scaled /= 1000;
    step++;
  }
  return `${scaled.toFixed(digits(scaled, step))}${letters[step]}`;
}

/** As figure, for configured values: 30M, not 30.0M. */
export function setting(value: number | undefined): string {
  return figure(value)
    .replace(/(\.\d*?)0+(?=\D|$)/, '$1')
    .replace(/\.(?=\D|$)/, '');
}

export function percent(share: number | undefined): string {
  return share === undefined ? '-' : `${Math.round(share * 100)}%`;
}

function rounded(value: number, step: number): number {
  return Number(value.toFixed(digits(value, step)));
}

/** Below a thousand there are no fractions: a rate is a whole number of bits. */
function digits(value: number, step: number): number {
  if (step === 0 || value >= 99.95) return 0;
  return value >= 9.995 ? 1 : 2;
}
