/** The machine that answers: its name, its load over the last minute, and how long it has been up. */
export function info(): [string, number, number] {
  const [lastMinute = 0] = Deno.loadavg();
  return [Deno.hostname(), lastMinute, Deno.osUptime()];
}
