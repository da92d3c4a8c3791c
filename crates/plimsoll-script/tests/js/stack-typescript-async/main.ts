type Later<T> = Promise<T>;

export const options = { iterations: 1 };

async function wait(): Later<void> {
  await new Promise<void>((resolve) => setTimeout(resolve, 1));
  throw new RangeError('after a wait');
}

export default async function (): Later<void> {
  await wait().catch((e: Error) => console.log(e.stack!.replace(/file:.*\//g, '')));
  await Promise.reject(new TypeError('made here'));
}
