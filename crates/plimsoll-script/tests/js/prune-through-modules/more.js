export function sub(a, b) { return a - b; }
export function mul(a, b) { return a * b; }
