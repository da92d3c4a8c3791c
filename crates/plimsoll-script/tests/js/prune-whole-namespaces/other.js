export const x = 1, y = 2;
