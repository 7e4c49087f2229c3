// What every command gets of ours.
export function environment(): { PATH: string; LC_ALL: string } {
  return { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/usr/bin:/sbin:/bin`, LC_ALL: 'C' };
}
