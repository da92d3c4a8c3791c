// A script's own hook counts.
export const options = { iterations: 1 };
export default function (): void {
  (Error as any).prepareStackTrace = (e: Error, sites: any[]) => `${e.message} in ${sites[0].getFunctionName()}`;
  console.log(new Error('own').stack);
}
