throw new Error('each time');
export {};
