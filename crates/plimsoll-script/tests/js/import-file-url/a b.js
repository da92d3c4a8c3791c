export const name = 'spaces';
