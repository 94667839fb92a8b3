/** The results as one picture: a panel per figure, a bar per contender, its length the ratio to the bare echo. */
import { type Figure, figures } from "./work.ts";
import { formatRatio, ratiosOf, type Results } from "./results.ts";
import { summarize } from "./stats.ts";

const panelWidth = 460;
const nameWidth = 120;
const valueWidth = 60;
const barHeight = 16;
const barsTop = 34;
const columns = 2;
const gap = 24;

/** Draws the picture. Bars are logarithmic: a factor of ten is a step of the same length. */
export function drawChart(results: Results): string {
  const names = results.contenders.map(({ name }) => name).slice(1);
  const panelHeight = barsTop + names.length * barHeight + gap;
  const drawn = figures.filter(({ of }) => of !== "residentMb");
  const rows = Math.ceil(drawn.length / columns);
  const width = columns * (panelWidth + gap) + gap;
  const height = rows * panelHeight + 60;
  const panels = drawn.map((figure, index) => {
    const x = gap + (index % columns) * (panelWidth + gap);
    const y = 50 + Math.floor(index / columns) * panelHeight;
    return `<g transform="translate(${x} ${y})">\n${drawPanel(results, figure, names)}\n</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" \
font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
<text x="${gap}" y="28" font-size="15">${
    escaped(`Against the bare Deno TCP echo of the same run (${results.date.slice(0, 10)})`)
  }</text>
${panels.join("\n")}
</svg>
`;
}

function drawPanel(results: Results, figure: Figure, names: readonly string[]): string {
  const ratios = names.map((name) => {
    const values = ratiosOf(results, figure, name);
    return values.length === 0 ? undefined : summarize(values).median;
  });
  const known = ratios.filter((ratio) => ratio !== undefined).map((ratio) => Math.max(ratio, 1e-4));
  // From the bare echo to the farthest contender, and a little more.
  const low = Math.min(1, ...known) / 1.3;
  const high = Math.max(1, ...known) * 1.3;
  const room = panelWidth - nameWidth - valueWidth;
  const at = (ratio: number) =>
    Math.log(Math.max(ratio, low) / low) / Math.log(high / low) * room + nameWidth;
  const lines = [
    `<text y="0" font-weight="bold">${escaped(figure.title)}</text>`,
    `<text y="16" fill="#666">${
      figure.isMoreBetter ? "longer is better" : "shorter is better"
    }; the line is the echo, 1</text>`,
  ];
  for (const [index, name] of names.entries()) {
    const ratio = ratios[index];
    const y = barsTop + index * barHeight;
    const isOurs = name === "farcall";
    const weight = isOurs ? ' font-weight="bold"' : "";
    lines.push(
      `<text x="${nameWidth - 6}" y="${y}" text-anchor="end"${weight}>${escaped(name)}</text>`,
    );
    if (ratio === undefined) {
      lines.push(`<text x="${nameWidth}" y="${y}" fill="#999">–</text>`);
      continue;
    }
    const end = at(ratio);
    lines.push(
      `<rect x="${nameWidth}" y="${y - 10}" width="${(end - nameWidth).toFixed(1)}" height="12" \
fill="${isOurs ? "#c2410c" : "#94a3b8"}"/>`,
      `<text x="${(end + 4).toFixed(1)}" y="${y}"${weight}>${formatRatio(ratio)}</text>`,
    );
  }
  const one = at(1).toFixed(1);
  const bottom = barsTop + (names.length - 1) * barHeight + 4;
  lines.push(`<line x1="${one}" x2="${one}" y1="${barsTop - 12}" y2="${bottom}" stroke="black"/>`);
  return lines.join("\n");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
