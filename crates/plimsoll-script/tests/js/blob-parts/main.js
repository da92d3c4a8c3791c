// A Blob is put together of strings, buffers, views, other blobs, and whatever has a text.
export const options = { iterations: 1 };

export default async function () {
  const buffer = new Uint8Array([65, 66, 67, 68]).buffer;
  const blob = new Blob(['ü', buffer, new Uint8Array(buffer, 1, 2), new DataView(buffer, 3), new Blob(['inner']), 12, null, { toString: () => 'o' }]);
  console.log(blob.size, await blob.text());
  new Uint8Array(buffer)[0] = 90;
  console.log((await blob.text()).slice(1, 3), new Blob().size, new Blob([]).size, new Blob(undefined).size);
  console.log(await new Blob(new Set(['a', 'b'])).text());
}
