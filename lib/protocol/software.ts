/** farcall's version, as shown by `--version` and the hello frame. */
export const version = "0.1.0";

/** How farcall introduces itself to a peer. */
export const software: string = `farcall/${version}`;
