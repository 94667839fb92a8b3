/** The version of farcall, as `--version` and the first frame tell it. */
export const version = "0.1.0";

/** How farcall names itself to a peer. */
export const software: string = `farcall/${version}`;
