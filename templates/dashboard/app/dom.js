// Elements. Texts are set as text, never as HTML; attributes by a short list of names.
const SVG = "http://www.w3.org/2000/svg";

function h(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const key of Object.keys(attributes || {})) {
    const value = attributes[key];
    if (value === null || value === undefined || value === false) continue;
    if (key === "class") element.className = value;
    else if (key === "click" || key === "input" || key === "change") element.addEventListener(key, value);
    else if (key === "value") element.value = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  add(element, children);
  return element;
}

function add(element, children) {
  for (const child of children) {
    if (Array.isArray(child)) add(element, child);
    else if (child instanceof Node) element.appendChild(child);
    else if (child !== null && child !== undefined && child !== false && child !== "") element.appendChild(document.createTextNode(child));
  }
  return element;
}

function link(route, ...children) {
  return h("a", { href: "#/" + route }, ...children);
}

// A route with its filters: words are encoded, empty ones left out.
function route(path, filters) {
  const words = Object.keys(filters || {}).filter(key => filters[key] !== "" && filters[key] !== undefined && filters[key] !== null);
  return path + (words.length ? "?" + words.map(key => key + "=" + encodeURIComponent(filters[key])).join("&") : "");
}

function stateMark(state) {
  return h("span", { class: "state " + state }, states.get(state).label);
}

function levelMark(finding) {
  const kind = finding.error ? "error" : finding.explained ? "done" : "hint";
  return h("span", { class: "state " + kind }, finding.level);
}

// A plain table; columns: {title, of(row) -> text or node, kind: number, short or text}.
function plainTable(columns, rows, options) {
  const { caption, foot, label } = options || {};
  const head = h("tr", null, columns.map(each => h("th", { scope: "col", class: each.kind }, each.title)));
  const body = rows.map(row => h("tr", null, columns.map((each, at) =>
    h(at === 0 && !each.cell ? "th" : "td", { class: each.kind, scope: at === 0 && !each.cell ? "row" : null }, each.of(row)))));
  const table = h("table", { class: "plain", "aria-label": label }, caption && h("caption", null, caption), h("thead", null, head), h("tbody", null, body));
  if (foot) table.appendChild(h("tfoot", null, h("tr", null, foot.map((each, at) => h(at ? "td" : "th", { class: columns[at].kind, scope: at ? null : "row" }, each)))));
  return h("div", { class: "wide-scroll", tabindex: "0", role: "group", "aria-label": label || caption || "表格" }, table);
}

function facts(pairs) {
  return h("dl", { class: "facts" }, pairs.filter(each => each).map(([name, value, wide]) =>
    h("div", { class: wide ? "wide" : null }, h("dt", null, name), h("dd", null, value === "" || value === null ? "—" : value))));
}
