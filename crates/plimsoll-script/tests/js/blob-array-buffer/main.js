// arrayBuffer() and bytes() give copies.
export const options = { iterations: 1 };

export default async function () {
  const blob = new Blob(['abc']);
  const buffer = await blob.arrayBuffer();
  new Uint8Array(buffer)[0] = 122;
  console.log(buffer instanceof ArrayBuffer, buffer.byteLength, await blob.text(), new Uint8Array(await blob.slice(1).arrayBuffer()).join());
}
