// What is known of a frame at a hook, and what that says of the keys that rules ask for.

/** What is known of a frame at a hook; a value that is not known is absent. */
export interface Frame {
  /** Empty where the hook does not know by which port it came. */
  iifname: string;
  oifname: string;
  bridge: string;
  mark?: number | undefined;
  /** `1:10`, `none`. */
  priority?: string | undefined;
}

/** `maybe`: what it depends on is not known of the frame. */
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
