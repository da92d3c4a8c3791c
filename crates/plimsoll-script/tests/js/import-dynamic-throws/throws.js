throw new RangeError('late');
export {};
