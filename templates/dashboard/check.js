// Runs first, in the oldest JavaScript there is: hides the notice where the rest can run, else leaves it.
(function () {
  var enough =
    typeof Promise === "function" && typeof BigInt === "function" && typeof ResizeObserver === "function" &&
    typeof Promise.allSettled === "function" && typeof TextDecoder === "function" && window.CSS && CSS.supports &&
    CSS.supports("display", "grid") && CSS.supports("--a", "0");
  if (enough) { document.getElementById("old").hidden = true; }
})();
