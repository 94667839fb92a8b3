/** The package that bundles and its version, as `_esbuild.ts` imports it: its name alone, without loading it. */
export const esbuildName = "esbuild-0.28.2";
