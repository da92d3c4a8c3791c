// bytes() gives a Uint8Array.
export const options = { iterations: 1 };

export default async function () {
  const bytes = await new Blob(['hé']).slice(1).bytes();
  console.log(bytes instanceof Uint8Array, bytes.join(), (await new Blob().bytes()).length);
}
