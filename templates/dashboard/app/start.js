// The program's own state; the parts that follow share this scope.
if (!document.getElementById("old").hidden) return;  // check.js found the browser too old
const main = document.getElementById("main");
const narrow = () => window.matchMedia("(max-width: 600px)").matches;
const collator = new Intl.Collator("zh-CN", { numeric: true });
let leave = [];  // what to take down when the view changes
