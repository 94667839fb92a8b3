export async function* search(
  lines: AsyncIterable<string>,
  text: string,
): AsyncGenerator<string> {
  for await (const line of lines) if (line.includes(text)) yield line;
}
