// The known values of a frame at a hook, and their evaluation for the keys of rules.

/** The known values of a frame at a hook; unknown ones are absent. */
export interface Frame {
  /** Empty where the hook has no input device. */
  iifname: string;
  oifname: string;
  bridge: string;
  mark?: number | undefined;
  /** The priority: `1:10`, `none`. */
  priority?: string | undefined;
}

/** `maybe`: it depends on an unknown value of the frame. */
export type Match = 'yes' | 'no' | 'maybe';

export type Value = string | number | undefined;

export const knownKeys = new Set([
  'iifname',
  'oifname',
  'iif',
  'oif',
  'meta mark',
  'mark',
  'meta priority',
  'meta ibrname',
  'meta obrname',
]);

export function valueIn(frame: Frame): (key: string) => Value {
  return (key) => {
    switch (key) {
      case 'iifname':
      case 'iif':
        return frame.iifname;
      case 'oifname':
      case 'oif':
        return frame.oifname;
      case 'meta ibrname':
        return frame.iifname === '' ? '' : frame.bridge;
      case 'meta obrname':
        return frame.bridge;
      case 'meta mark':
      case 'mark':
        return frame.mark;
      case 'meta priority':
        return frame.priority;
      default:
        return undefined;
    }
  };
}
