// What the benchmark measures, as plain data. A Section answers one question; the frame (main.ts) runs each in a
// process and a kernel's namespaces of its own, prints its table, writes it as JSON and draws its plots. All figures
// are in base units, so that nothing is converted twice: only format.ts knows milliseconds and megabytes.

/** `x` is a ratio or another bare number. */
export type Unit = 's' | 'bytes' | 'bit/s' | 'packets/s' | 'packets' | 'processes' | 'counters' | 'x';

export interface Row {
  what: string;
  unit: Unit;
  /** The median of all runs. */
  ours: number;
  /** The same of what is measured beside it, in turn with it, and what that is. */
  bare?: number;
  bareIs?: string;
  /** The median of ours / bare of each pair of runs. There is one where there is a `bare`. */
  ratio?: number;
  /** Least and most of `ratio`, or of `ours` where there is no ratio. */
  spread: [number, number];
  /** What `ratio`, or `ours` where there is none, may be. */
  target?: { most?: number; least?: number };
  note?: string;
}

export interface Plot {
  /** The file's name, without `.svg`; unique among all sections. */
  name: string;
  /** `stacked`: horizontal bars, one for each label, made of the series. `lines`: labels are equally far apart. */
  kind: 'bars' | 'stacked' | 'lines';
  title: string;
  unit: Unit;
  /** What the labels are, e.g. 'guests'. */
  axis?: string;
  labels: string[];
  /** As many values as labels, null where nothing was measured. */
  series: { name: string; values: (number | null)[] }[];
  /** The values' axis is logarithmic; not for `stacked`. */
  log?: boolean;
  /** Where the values' axis begins in place of 0; for `lines`, where what matters is near 1. */
  from?: number;
}

export interface Section {
  name: string;
  title: string;
  rows: Row[];
  plots: Plot[];
}

export interface Bench {
  /** A look only: as few and as short runs as show that it works. */
  quick: boolean;
  /** A copy of the built program, which nobody rebuilds meanwhile: `node <program> --root ...`. */
  program: string;
  /** An empty folder, removed afterwards. */
  scratch: string;
  /** What is being measured, for who waits. */
  progress: (text: string) => void;
}

/** What this machine has not that a section needs, and what to do; the run goes on without it, and says so. */
export interface Lacking {
  lacks: string;
}

/** @throws when it could not be measured; the frame names the section as missing, with the error's message */
export type Measure = (bench: Bench) => Promise<Section | Lacking>;
