interface Unused { a: string }

export const options = { iterations: 1 };
const at: string[] = [];
try {
  (null as any).field;
} catch (e) {
  at.push((e as Error).stack!.trim().replace(/file:.*\//g, ''));
}
export default (): void => console.log(at[0]);
