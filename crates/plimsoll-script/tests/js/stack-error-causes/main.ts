class Declined extends Error {
  constructor(readonly code: number, options?: { cause: unknown }) { super('declined', options); }
}
export const options = { iterations: 1 };
const pay = (): never => { throw new Declined(402, { cause: new Error('empty') }); };
export default function (): void {
  try { pay(); } catch (e) {
    const own = e as Declined;
    console.log(own instanceof Declined, own.code, (own.cause as Error).stack!.split('\n')[0].replace(/file:.*\//, ''));
    console.log(own.stack!.trim().replace(/file:.*\//g, ''));
  }
}
