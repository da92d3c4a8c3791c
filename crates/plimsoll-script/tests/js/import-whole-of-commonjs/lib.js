exports.a = 1; exports[['b'].join('')] = 2;
