import { MemoryStore } from "../../lib/store/mod.ts";
import { storeSuite } from "./store_suite.ts";

storeSuite("MemoryStore", async (body) => {
  await using store = new MemoryStore();
  await body(store);
});
