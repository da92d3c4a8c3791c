interface Deep { level: number }

export const options = { iterations: 1 };

function deep(d: Deep): number {
  return deep({ level: d.level + 1 }) + 1;
}

export default function (): void {
  try {
    deep({ level: 0 });
  } catch (e) {
    const frames = (e as Error).stack!.trim().split('\n');
    console.log((e as Error).name, frames.length, new Set(frames).size, frames[1].replace(/file:.*\//, ''));
  }
}
