export const word = 'Hallo';
