// For a process of its own, before anything else in it: a machine whose clock is 15.2 s ahead.

const wallNow = Date.now;
Date.now = () => wallNow() + 15_200;
