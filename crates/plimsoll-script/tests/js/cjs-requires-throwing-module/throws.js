export const a = 1;
throw new RangeError('in the module');
