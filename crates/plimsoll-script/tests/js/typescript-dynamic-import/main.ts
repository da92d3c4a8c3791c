export const options = { iterations: 1 };
type Lib = { name: string };
export default async function (): Promise<void> {
  const lib: Lib = await import('./lib.ts');
  console.log(lib.name, import.meta.url.endsWith('main.ts'));
}
