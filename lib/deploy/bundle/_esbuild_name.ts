/** The package that bundles and its version, as `_esbuild.ts` imports it: for who needs no more than its name. */
export const esbuildName = "esbuild-0.28.2";
