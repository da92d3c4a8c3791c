export const name = 'lib';
export default () => 'default';
