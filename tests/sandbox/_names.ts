/** Names that lead to this machine. */

/** Names in /etc/hosts that lead to this machine, by their addresses. */
export function namesOfThisMachine(): { readonly name: string; readonly address: string }[] {
  const lines = Deno.readTextFileSync("/etc/hosts").split("\n");
  return lines.flatMap((line) => {
    const [address, ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    return names.filter((name) => /^[a-z0-9._-]+$/.test(name) && !name.startsWith("localhost"))
      .map((name) => ({ name, address }));
  });
}
