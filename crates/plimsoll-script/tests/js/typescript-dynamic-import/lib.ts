export const name: string = 'typed';
