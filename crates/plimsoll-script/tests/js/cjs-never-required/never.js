throw new Error('this must not run');
