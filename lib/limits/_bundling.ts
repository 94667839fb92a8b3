/** The bounds of bundling scripts, and of the record of what they were bundled from. */
const MiB = 1024 * 1024;
const second = 1000;

/** What a deployer keeps to while it bundles. */
export const bundling = {
  /** Scripts in one run of esbuild: enough to share what they import, few enough for memory. */
  scriptsBundledAtOnceMax: 256,
  /** esbuild's own process must have ended within this after it was told to. */
  esbuildStopTimeoutMs: 2 * second,
  /** Names of a folder that are read to suggest the one that was meant. */
  namesReadMax: 2000,
  /** Files in one manifest's record of its sources, some 150 bytes each; of more there is no record. */
  sourcesMax: 16_384,
  /** Characters of a path in that record. */
  sourcePathLengthMax: 1024,
  /** Files of packages in one such record, and paths that have to stay empty, some 30 bytes each. */
  packageFilesMax: 65_536,
  /** Bytes that say where the places in one script come from; of more, a node keeps none. */
  placesBytesMax: 8 * MiB,
  /** Characters of these for one line of a script; places in a longer one are not looked up. */
  placesLineLengthMax: 256 * 1024,
  /** Scripts of which a node has the places in memory, and bytes of these in all. */
  placesKept: 16,
  placesKeptBytes: 16 * MiB,
  /** Bytes of one source, as it is read: more than goes into the largest script. */
  sourceBytesMax: 64 * MiB,
} as const;
