/** Commits endlessly in the given root, and prints the number of each completed commit. */
import { FileStore } from "../../lib/store/mod.ts";
import { commit, manifestOf, scriptBytes } from "./_fixtures.ts";

const store = await FileStore.open(Deno.args[0]);
const encoder = new TextEncoder();
for (let round = store.current()?.number ?? 0;; round++) {
  const bytes = [0, 1, 2].map((index) => scriptBytes(`${round} ${index}`));
  const ids = await Promise.all(bytes.map((each) => store.putScript(each)));
  const { number } = await commit(store, manifestOf(...ids));
  await Deno.stdout.write(encoder.encode(`${number}\n`));
}
