module.exports = 'by url';
