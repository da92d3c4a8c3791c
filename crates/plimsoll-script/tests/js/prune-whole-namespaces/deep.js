export const d = { e: 1 };
const hidden = 2;
