// A load that has changed the kernel, where the disk does not take what is in force now: a guest is shaped all the same.
import { Failure } from '../system/errors.ts';

export class Unkept extends Failure {}

/** @throws Unkept in place of any error of `work` */
export function keeping(work: () => void): void {
  try {
    work();
  } catch (error) {
    const { message, hint, code } = error as Failure;
    throw new Unkept(
      `the kernel holds it, and that it does cannot be noted: ${message}`,
      hint,
      undefined,
      code,
    );
  }
}
