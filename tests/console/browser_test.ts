/**
 * The console in a browser: headless Chromium, shared by all steps. With FARCALL_SCREENSHOTS=FOLDER it also writes the
 * pictures of docs/console.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { chromium, type Page } from "npm:playwright-core@1.65.1";
import { checkout } from "../_support/checkout.ts";
import { Cli } from "../_support/commands/cli.ts";
import { TestConsole } from "../_support/commands/console_page.ts";
import { Fleet } from "../_support/nodes/fleet.ts";
import { lineWith } from "../_support/mentions.ts";
import { needing } from "../_support/programs.ts";

const screenshots = Deno.env.get("FARCALL_SCREENSHOTS");

/** The time limit of a step, which only a defect reaches. */
const patienceMs = 60_000;

Deno.test({
  ...needing(["chromium"], "the console in a browser"),
  async fn(t) {
    await using program = await checkout();
    await using fleet = await Fleet.start(new Cli(program));
    const { project } = fleet;
    // Scripts of text may call hash, which is on the other node.
    const file = await project.read("init.yaml");
    const calling = file.replace("  text:\n", "  text:\n    calls: { hash: [digest] }\n");
    assert.notEqual(calling, file);
    await project.write("init.yaml", calling);
    await fleet.succeed(["init"]);
    await using served = await TestConsole.start(fleet);
    const browser = await chromium.launch({
      executablePath: chromiumPath(),
      args: ["--no-sandbox"],
    });
    try {
      const page = await browser.newPage({ viewport: { width: 1180, height: 800 } });
      page.setDefaultTimeout(patienceMs);
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(String(error)));
      page.on("console", (message) => {
        if (message.type() === "error") problems.push(message.text());
      });
      page.on("request", (request) => {
        if (!request.url().startsWith(served.address)) problems.push(`asked ${request.url()}`);
      });
      await page.goto(served.address);

      await t.step("the picture has every client, service, provider and edge", async () => {
        await page.locator('[data-name="s1"][data-condition="up"]').waitFor();
        const names = await attributes(page, ".box", "data-name");
        assert.deepEqual(names, ["c1", "c2", "math", "text", "hash", "s1", "s2"]);
        const [from, to] = [
          await attributes(page, ".edge", "data-from"),
          await attributes(page, ".edge", "data-to"),
        ];
        assert.deepEqual(from.map((each, index) => `${each} ${to[index]}`).sort(), [
          ...["c1 hash", "c1 math", "c2 hash", "c2 math", "c2 text"],
          ...["hash s1", "math s1", "math s2", "text hash", "text s2"],
        ]);
        await page.getByText("all 2 up").waitFor();
        const row = page.locator("tr", { hasText: "s1" }).first();
        await row.getByText("change nothing").waitFor();
        assert.match(await row.innerText(), /\d+ of \d+ MiB/);
      });
      await t.step("permitted calls, by pointer and by keyboard", async () => {
        await page.locator('[data-name="c1"]').focus();
        assert.deepEqual(await lit(page), ["c1", "math", "hash", "s1", "s2"]);
        await page.keyboard.press("ArrowRight");
        await page.locator('[data-name="math"]:focus').waitFor();
        await page.keyboard.press("ArrowRight");
        await page.locator('[data-name="s1"]:focus').waitFor();
        await page.locator('[data-name="text"]').hover();
        assert.deepEqual(await lit(page), ["c2", "text", "hash", "s2"]);
        const side = await page.locator(".side").innerText();
        assert.match(side, /text\.word_count\(str\)/);
        assert.match(side, lineWith("scripts", "hash.digest"));
      });
      await t.step("a call from its form, with the result and its trace", async () => {
        await page.locator("body").focus();
        await page.evaluate("document.activeElement.blur()");
        await page.keyboard.press("2");
        await page.locator(".rpc", { hasText: "math.add(int, int)" }).click();
        await page.keyboard.type("40");
        await page.keyboard.press("Tab");
        await page.keyboard.type("2");
        await page.keyboard.press("Control+Enter");
        assert.equal(await page.locator(".value").innerText(), "42");
        assert.equal(await page.locator(".trace tbody tr").count(), 6);
      });
      await picture(page, "call");
      await t.step("a refused call says why", async () => {
        await page.locator(".filter").fill("word_count");
        await page.getByRole("button", { name: /word_count/ }).click();
        await page.getByLabel("value str").fill("to be");
        await page.getByLabel("Call as").selectOption("c1");
        await page.getByRole("button", { name: "Call", exact: true }).click();
        assert.match(await page.locator(".answer .error").innerText(), /Client Not Registered/);
      });
      await t.step("a stream, item by item", async () => {
        await page.locator(".filter").fill("search");
        await page.getByRole("button", { name: /search/ }).click();
        await page.locator("#argument-0").fill('["<b>be</b>", "or"]');
        await page.locator("#argument-1").fill("be");
        await page.getByLabel("Call as").selectOption("c2");
        await page.getByRole("button", { name: "Call", exact: true }).click();
        await page.getByText("The stream has ended.").waitFor();
        assert.equal(await page.locator(".items li").innerText(), '"<b>be</b>"');
      });
      await t.step("logs, with a filter", async () => {
        await page.goto(`${served.address}#logs`);
        await page.locator(".log li").first().waitFor();
        await page.locator("#log-rpc").fill("add");
        await page.locator("#log-rpc").blur();
        await page.locator(".log .event", { hasText: "call.executed" }).first().waitFor();
      });
      await t.step("a rollback asks for confirmation, which Escape declines", async () => {
        await project.write(
          "services/math/mean.ts",
          "export function mean(x: number[]) { return x.length; }",
        );
        await fleet.succeed(["init"]);
        await page.goto(`${served.address}#history`);
        await page.getByText("Roll back to this…").first().click();
        const confirm = page.getByRole("button", { name: "Roll back", exact: true });
        await confirm.waitFor();
        await page.keyboard.press("Escape");
        await confirm.waitFor({ state: "hidden" });
        await page.getByText("Roll back to this…").first().click();
        await confirm.click();
        await page.getByText(/s1 \(generation 3\), s2 \(generation 3\)/).waitFor();
        await page.getByRole("button", { name: "Close" }).click();
      });
      await t.step("the plan of init --dry-run", async () => {
        await page.goto(`${served.address}#changes`);
        await page.locator(".plan .changed", { hasText: "math.mean" }).first().waitFor();
      });
      await t.step("light and dark", async () => {
        await page.goto(`${served.address}#fleet`);
        const background = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
        await traffic(fleet);
        await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
        const light = await background();
        await picture(page, "fleet-light");
        await page.emulateMedia({ colorScheme: "dark" });
        assert.notEqual(await background(), light);
        await picture(page, "fleet-dark");
        await page.locator(".theme").click();
        assert.equal(await background(), light);
      });
      await t.step("a node that dies turns red", async () => {
        fleet.s2.process.kill("SIGKILL");
        await page.locator('.box[data-name="s2"][data-condition="down"]').waitFor();
        await page.getByText("s2 down").waitFor();
      });
      await t.step(
        "a file with a thousand rpcs, odd names and markup is shown as it is",
        async () => {
          const rpcs = Array.from(
            { length: 1000 },
            (_, index) =>
              `      rpc${index}: { args: [str], returns: [str], src: services/odd.ts }\n`,
          );
          const file = await project.read("init.yaml");
          await project.write(
            "init.yaml",
            `${file}\n  constructor:\n    description: "<img src=x onerror=alert(1)>"\n` +
              `    providers: [s1]\n    tenants: [c1]\n    rpcs:\n${rpcs.join("")}`,
          );
          await page.locator('[data-name="constructor"]').focus();
          assert.match(await page.locator(".side").innerText(), /<img +src=x +onerror=alert\(1\)>/);
          assert.equal(await page.locator("main img").count(), 0);
          await page.goto(`${served.address}#call`);
          await page.locator(".filter").fill("");
          await page.getByText(/\d+ more: .*\bfilter\b/).waitFor();
          await page.locator(".filter").fill("rpc999");
          await page.getByRole("button", { name: /rpc999/ }).waitFor();
        },
      );
      await t.step("a file with mistakes is reported, and the picture stays", async () => {
        await project.write("init.yaml", "network: 7\n");
        await page.getByText("The file has mistakes").waitFor();
        await page.getByRole("button", { name: /rpc999/ }).waitFor();
      });
      await t.step("nothing failed on the page, and it sent no other requests", () => {
        assert.deepEqual(problems, []);
      });
    } finally {
      await browser.close();
    }
  },
  // Its driver has timers of its own.
  sanitizeOps: false,
  sanitizeResources: false,
});

function chromiumPath(): string {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  const paths = folders.map((folder) => join(folder, "chromium"));
  return paths.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  })!;
}

async function attributes(page: Page, selector: string, name: string): Promise<string[]> {
  const found = await page.locator(selector).all();
  return await Promise.all(found.map(async (each) => (await each.getAttribute(name))!));
}

/** The names of the boxes that the selection highlights. */
async function lit(page: Page): Promise<string[]> {
  await page.locator(".picture.choosing").waitFor();
  return await attributes(page, ".box.lit", "data-name");
}

/** Makes calls, so that the picture shows some. */
async function traffic(fleet: Fleet): Promise<void> {
  if (screenshots === undefined) return;
  const call = (...args: string[]) => fleet.run(["call", ...args]);
  for (let round = 0; round < 6; round++) {
    await Promise.all([
      call("math.add", "2", "3", "--as", "c1", "--repeat", "60"),
      call("math.add", "2", "3", "--as", "c2", "--server", "s2", "--repeat", "9"),
      call("text.word_count", "to be", "--as", "c2", "--repeat", "20"),
      call("hash.digest", "aGk=", "--as", "c2", "--repeat", "4"),
      call("math.divide", "1", "0", "--as", "c2", "--server", "s2", "--repeat", "2"),
    ]);
  }
}

async function picture(page: Page, name: string): Promise<void> {
  if (screenshots === undefined) return;
  await page.mouse.move(0, 0);
  await page.screenshot({ path: join(screenshots, `${name}.png`) });
}
