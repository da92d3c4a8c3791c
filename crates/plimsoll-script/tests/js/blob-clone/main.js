// structuredClone copies blobs.
export const options = { iterations: 1 };

export default async function () {
  const { blob } = structuredClone({ blob: new Blob(['xyz'], { type: 'a/b' }).slice(1, 3, 'c/d') });
  console.log(blob instanceof Blob, blob.size, blob.type, await blob.text());
}
