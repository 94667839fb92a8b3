/** Chooses the provider of a call. Pure: it knows neither connections nor clocks. */

/** A provider's state when a call is placed. */
export interface ProviderSigns {
  /** Whether it has an established connection that takes calls. */
  readonly isConnected: boolean;
  /** Calls in flight, including those that wait for a connection. */
  readonly inFlight: number;
  /** When it may be used again after a failure, on the clock of the choice. */
  readonly skippedUntilMs: number;
}

/** The outcome of {@linkcode chooseProvider}. */
export interface Choice<Provider> {
  /** The one to call. */
  readonly provider: Provider;
  /** A better one without a connection, to connect to meanwhile; no call waits for it. */
  readonly probe: Provider | undefined;
}

/**
 * Chooses the provider with the fewest calls in flight; among equals, the first. One that failed recently is used only
 * if there is no other. While any provider has a connection, no call waits for a new one: a better provider without a
 * connection is probed, and gets calls once it has answered.
 *
 * @param providers In the order of preference; at least one.
 */
export function chooseProvider<Provider extends ProviderSigns>(
  providers: readonly Provider[],
  nowMs: number,
): Choice<Provider> {
  let connected: Provider | undefined;
  let absent: Provider | undefined;
  let probe: Provider | undefined;
  let skipped = providers[0]!;
  for (const provider of providers) {
    if (provider.skippedUntilMs > nowMs) {
      if (provider.skippedUntilMs < skipped.skippedUntilMs) skipped = provider;
    } else if (!provider.isConnected) {
      if (absent === undefined || provider.inFlight < absent.inFlight) absent = provider;
      if (connected === undefined || connected.inFlight > 0) probe ??= provider;
    } else if (connected === undefined || provider.inFlight < connected.inFlight) {
      connected = provider;
    }
  }
  if (connected === undefined) return { provider: absent ?? skipped, probe: undefined };
  return { provider: connected, probe };
}
