// The program's own state; the parts that follow share this scope.
const old = document.getElementById("old");
if (typeof fflate !== "object" || typeof echarts !== "object" || typeof Tabulator !== "function") old.hidden = false;
if (!old.hidden) return;  // too old for check.js, or for the syntax of a library
const main = document.getElementById("main");
const narrow = () => window.matchMedia("(max-width: 600px)").matches;
const collator = new Intl.Collator("zh-CN", { numeric: true });
let leave = [];  // what to take down when the view changes
