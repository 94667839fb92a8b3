/** Which of a service's providers a call goes to. Pure: it knows neither connections nor clocks. */

/** What is known of a provider when a call is placed. */
export interface ProviderSigns {
  /** Whether a connection to it stands that takes calls. */
  readonly isConnected: boolean;
  /** Calls that are under way there, those included that wait for a connection. */
  readonly inFlight: number;
  /** Until when it is passed over because it failed, on the clock of the choice. */
  readonly skippedUntilMs: number;
}

/** What a call does next. */
export interface Choice<Provider> {
  /** The one to call. */
  readonly provider: Provider;
  /** One to connect to meanwhile, since it would be the better one; no call waits for it. */
  readonly probe: Provider | undefined;
}

/**
 * Chooses the provider with the fewest calls in flight, of equals the first. One that failed lately is passed
 * over as long as there is another. Where a connection to any stands, no call waits for one to be made: a
 * provider without a connection that would be better is probed, and gets calls once it has answered.
 *
 * @param providers In the order of preference; at least one.
 */
export function chooseProvider<Provider extends ProviderSigns>(
  providers: readonly Provider[],
  nowMs: number,
): Choice<Provider> {
  let standing: Provider | undefined;
  let absent: Provider | undefined;
  let probe: Provider | undefined;
  let skipped = providers[0]!;
  for (const provider of providers) {
    if (provider.skippedUntilMs > nowMs) {
      if (provider.skippedUntilMs < skipped.skippedUntilMs) skipped = provider;
    } else if (!provider.isConnected) {
      if (absent === undefined || provider.inFlight < absent.inFlight) absent = provider;
      if (standing === undefined || standing.inFlight > 0) probe ??= provider;
    } else if (standing === undefined || provider.inFlight < standing.inFlight) {
      standing = provider;
    }
  }
  if (standing === undefined) return { provider: absent ?? skipped, probe: undefined };
  return { provider: standing, probe };
}
