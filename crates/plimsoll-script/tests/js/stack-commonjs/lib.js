exports.fail = function fail() { throw new Error('here'); };
