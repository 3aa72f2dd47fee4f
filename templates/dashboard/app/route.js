// Views by the part of the address after #; going back finds the view, its filters and its place again.
const VIEWS = [
  ["", "总览", overview],
  ["units", "单位", unitList],
  ["projects", "项目", projectList],
  ["indicators", "指标", indicatorList],
  ["findings", "问题", findingList],
  ["copies", "雷同", copies],
  ...(first.last ? [["last", "上年比较", comparison]] : []),
  ["files", "文件", fileList],
];
const PARENTS = { unit: "units", project: "projects" };
const scrolled = new Map();  // address of a view -> how far the page and its list were scrolled

function parsed() {
  const text = location.hash.replace(/^#\/?/, ""), cut = text.indexOf("?");
  const path = (cut < 0 ? text : text.slice(0, cut)).split("/"), given = {};
  for (const pair of cut < 0 ? [] : text.slice(cut + 1).split("&")) {
    const at = pair.indexOf("=");
    try { given[pair.slice(0, at)] = decodeURIComponent(pair.slice(at + 1)); } catch (fault) { given[pair.slice(0, at)] = ""; }
    if (given[pair.slice(0, at)] === "*") given[pair.slice(0, at)] = "";
  }
  return { path, given };
}

function viewOf({ path, given }) {
  if (path[0] === "unit") return unitView(Number(path[1]));
  if (path[0] === "project") return projectView(Number(path[1]), path[2] || "");
  const found = VIEWS.find(each => each[0] === path[0]);
  return found ? found[2](given) : missing("没有这一页");
}

function show(left) {
  const list = document.querySelector(".tabulator-tableholder");
  if (left !== undefined) scrolled.set(left, [window.scrollY, list ? list.scrollTop : 0]);
  const place = scrolled.get(location.hash) || [0, 0];
  for (const each of leave) each();
  leave = [];
  const where = parsed(), name = PARENTS[where.path[0]] || where.path[0];
  main.textContent = "";
  const view = viewOf(where);
  main.appendChild(view);
  document.body.dataset.paper = view.wide ? "wide" : "tall";
  const placed = view.draw ? view.draw(place[1]) : false;
  for (const each of nav.children) {
    if (each.dataset.view === name) each.setAttribute("aria-current", "page");
    else each.removeAttribute("aria-current");
  }
  const heading = main.querySelector("h2");
  document.title = (heading && where.path[0] ? heading.textContent.trim() + " - " : "") + title;
  if (left !== undefined) main.focus({ preventScroll: true });
  document.body.dataset.views = String(Number(document.body.dataset.views || 0) + 1);
  if (placed !== true) window.scrollTo(0, place[0]);
}

const nav = document.getElementById("nav"), title = document.title;
for (const [name, label] of VIEWS) nav.appendChild(h("a", { href: "#/" + name, "data-view": name }, label));
document.getElementById("about").textContent = [
  meta.task ? `任务：${meta.task}` : "", meta.deadline ? `截止 ${meta.deadline}` : "", `汇总时间 ${meta.made}`, `表样 ${meta.form}`, `金额单位：${meta.unit}`,
].filter(each => each).join("　");
add(document.getElementById("foot"), [
  h("p", null, "本页由 perfxl 生成，内容都在文件之内，不联网。金额按分精确相加，显示两位小数、四舍五入。"),
  h("details", null, h("summary", null, "所用开放源代码软件及其许可"), h("pre", { lang: "en", tabindex: "0" }, document.getElementById("licences").textContent)),
]);
history.scrollRestoration = "manual";
window.addEventListener("hashchange", event => show(event.oldURL ? new URL(event.oldURL).hash : ""));
show();
performance.mark("perfxl-overview");
setTimeout(() => { rest(); performance.mark("perfxl-unpacked"); }, 50);
