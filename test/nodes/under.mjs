// Loaded before a test (--import): what the test starts by process.execPath, the built program above all, gets the Node.js that
// VIRT_SHAPER_NODE names, and the test itself stays with the one it has.
if (process.env.VIRT_SHAPER_NODE) process.execPath = process.env.VIRT_SHAPER_NODE;
