// Moments as people write and read them: by the clock of this host, in its time zone.

/** `2026-12-24 20:00`. @param at milliseconds since 1970 */
export function formatMinute(at: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = new Date(at);
  const date = `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
  return `${date} ${two(day.getHours())}:${two(day.getMinutes())}`;
}
