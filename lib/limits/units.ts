/** Binary units, in bytes. */
export const KiB = 1024;
export const MiB: number = 1024 * KiB;
