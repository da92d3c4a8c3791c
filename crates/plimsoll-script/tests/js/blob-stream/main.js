// stream() gives the bytes in chunks.
export const options = { iterations: 1 };

export default async function () {
  const blob = new Blob(['x'.repeat(150000)]);
  let size = 0, text = '';
  for await (const chunk of blob.slice(10).stream()) { size += chunk.length; text = Object.prototype.toString.call(chunk); }
  console.log(size, text);
  const reader = new Blob(['ab']).stream().getReader();
  const { value, done } = await reader.read();
  console.log(value.join(), done, JSON.stringify(await reader.read()));
  console.log((await new Blob().stream().getReader().read()).done);
}
