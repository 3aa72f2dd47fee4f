// Lists of many rows: search, filters, sorting, drawn as scrolled; on paper a plain table.
const MOST_ON_PAPER = 1000;

// Texts as they are searched: full-width signs as plain ones (％ as %), no case.
function plain(text) {
  return text.normalize("NFKC").toLowerCase();
}

function haystack(row, searched) {
  if (row.words === undefined) row.words = plain(searched.map(name => row[name] || "").join("\n"));
  return row.words;
}

function sorter(name, kind) {
  return (a, b, one, other) => {
    const x = one.getData()[name], y = other.getData()[name];
    if (kind !== "number") return collator.compare(x || "", y || "");
    if (x === null || x === undefined || y === null || y === undefined) return (x === y ? 0 : x === null || x === undefined ? -1 : 1);
    return Number(x) - Number(y);
  };
}

function cellText(column, row) {
  const value = column.of ? column.of(row) : row[column.name];
  return value === null || value === undefined ? "" : value;
}

// spec: {name, title, note, rows, columns, searched, placeholder, filters, sums(rows) -> text, open(row) -> route, empty}
// columns: {title, name, of(row), kind: number, short; width, grow, narrow, mark(row) -> node, sort}
function listView(spec, given) {
  const chosen = {};
  for (const each of spec.filters) chosen[each.name] = given[each.name] === undefined ? each.start || "" : given[each.name];
  let words = given.q || "", sorted = given.sort || "", table = null, shown = spec.rows;

  const counter = h("p", { class: "count", role: "status", "aria-live": "polite" });
  const search = h("input", { type: "search", value: words, placeholder: spec.placeholder || "", autocomplete: "off", spellcheck: "false", input: event => {
    if (event.isComposing) return;
    words = search.value;
    apply();
  } });
  search.addEventListener("compositionend", () => { words = search.value; apply(); });
  const selects = spec.filters.filter(each => each.options.length > 1 || chosen[each.name]).map(each => {
    const select = h("select", { "data-filter": each.name, change: () => { chosen[each.name] = select.value; apply(); } },
      h("option", { value: "" }, each.all || "全部"), each.options.map(([value, label]) => h("option", { value: value }, label)));
    if (chosen[each.name] && !each.options.some(option => option[0] === chosen[each.name])) select.appendChild(h("option", { value: chosen[each.name] }, chosen[each.name]));
    select.value = chosen[each.name];
    return h("label", null, each.title, select);
  });
  const clear = h("button", { type: "button", click: () => {
    words = search.value = "";
    for (const each of spec.filters) chosen[each.name] = "";
    for (const each of tools.querySelectorAll("select")) each.value = "";
    apply();
    search.focus();
  } }, "清除条件");
  const tools = h("form", { class: "tools", role: "search", "aria-label": spec.title }, h("label", { class: "search" }, "搜索", search), selects, clear);
  tools.addEventListener("submit", event => event.preventDefault());
  const holder = h("div", { class: "list" });

  function matches() {
    const parts = plain(words).split(/\s+/).filter(each => each);
    const tests = spec.filters.filter(each => chosen[each.name]).map(each => row => each.of(row) === chosen[each.name]);
    return row => {
      for (const test of tests) if (!test(row)) return false;
      if (!parts.length) return true;
      const text = haystack(row, spec.searched);
      for (const part of parts) if (!text.includes(part)) return false;
      return true;
    };
  }

  function remember() {
    const filters = { q: words, ...chosen, sort: sorted };
    for (const each of spec.filters) if (each.start && !chosen[each.name]) filters[each.name] = "*";
    history.replaceState(null, "", "#/" + route(spec.name, filters));
  }

  function tell() {
    add(counter, []);
    counter.textContent = "";
    const whole = spec.rows.length;
    add(counter, [shown.length === whole ? "共 " : "筛选出 ", h("b", null, count(shown.length)), shown.length === whole ? " 条" : ` 条，共 ${count(whole)} 条`, spec.sums ? spec.sums(shown) : ""]);
  }

  function apply() {
    const test = matches();
    shown = spec.rows.filter(test);
    if (table) {
      const kept = new Set(shown);
      if (shown.length === spec.rows.length) table.clearFilter(true);
      else table.setFilter(row => kept.has(row));
      table.element.setAttribute("aria-rowcount", String(shown.length + 1));
    }
    tell();
    remember();
  }

  function build(scroll) {
    const columns = spec.columns.filter(each => (narrow() ? each.narrow : !each.roomy || window.innerWidth >= 1400)).map(each => ({
      title: each.title,
      field: each.name,
      width: narrow() ? each.narrow === true ? undefined : each.narrow : each.width,
      minWidth: 56,
      widthGrow: each.grow || 1,
      hozAlign: each.kind === "number" ? "right" : "left",
      headerHozAlign: each.kind === "number" ? "right" : "left",
      titleFormatter: () => h("button", { type: "button", class: "sort", title: "排序：" + each.title }, each.title),
      formatter: cell => {
        const row = cell.getData();
        if (each.mark) return each.mark(row);
        const text = String(cellText(each, row)), target = each.link && spec.open && spec.open(row);
        if (target) { const found = link(target, text || "（空白）"); found.className = "clamp"; return found; }
        cell.getElement().title = text.length > 12 ? text : "";
        return h("span", { class: "clamp" }, text);
      },
      sorter: sorter(each.sort || each.name, each.kind),
      headerSortTristate: true,
      resizable: false,
    }));
    const test = matches();
    shown = spec.rows.filter(test);
    const kept = new Set(shown);
    const high = narrow() ? 54 : 34;
    const space = Math.max(360, Math.min(window.innerHeight - (narrow() ? 120 : 210), 760));
    const [by, direction] = sorted ? sorted.split(".").length > 1 ? [sorted.slice(0, sorted.lastIndexOf(".")), sorted.slice(sorted.lastIndexOf(".") + 1)] : [sorted, "asc"] : [];
    table = new Tabulator(holder, {
      data: spec.rows,
      columns: columns,
      index: "at",
      nestedFieldSeparator: false,
      layout: "fitColumns",
      height: Math.min(space, Math.max(spec.rows.length, 2) * (high + 1) + 44),
      rowHeight: high,
      renderVerticalBuffer: 300,
      initialFilter: shown.length === spec.rows.length ? [] : [{ field: row => kept.has(row) }],
      initialSort: by && columns.some(each => each.field === by) ? [{ column: by, dir: direction }] : [],
      placeholder: spec.rows.length ? "没有符合条件的内容" : spec.empty || "没有内容",
      columnDefaults: { headerSortStartingDir: "asc" },
      sortMode: "local",
    });
    table.on("tableBuilt", () => {
      if (shown.length !== spec.rows.length) table.setFilter(row => kept.has(row));
      table.element.setAttribute("aria-label", spec.title);
      table.element.setAttribute("aria-rowcount", String(shown.length + 1));
      const body = holder.querySelector(".tabulator-tableholder");
      body.removeAttribute("tabindex");  // its links are reached by Tab; a grid owns rows only
      if (scroll) body.scrollTop = scroll;
    });
    table.on("dataSorted", sorters => {
      const now = sorters.length ? sorters[0].field + "." + sorters[0].dir : "";
      if (now !== sorted) { sorted = now; remember(); }
    });
    table.on("rowClick", (event, row) => {
      const target = !event.target.closest("a") && !String(window.getSelection()) && spec.open && spec.open(row.getData());
      if (target) location.hash = "#/" + target;
    });
    leave.push(() => table.destroy());
  }

  const paper = h("div");
  const onPaper = () => {
    const columns = spec.columns.filter(each => !each.roomy).map(each => ({ title: each.title, kind: each.kind || (each.width ? "short" : "text"), of: row => (each.mark && !each.name.includes(".") ? each.mark(row) : String(cellText(each, row))), cell: true }));
    const rows = table ? table.getRows("active").map(each => each.getData()) : shown;
    paper.textContent = "";
    const made = plainTable(columns, rows.slice(0, MOST_ON_PAPER), { label: spec.title });
    made.firstChild.classList.add("on-paper");
    paper.appendChild(made);
    if (rows.length > MOST_ON_PAPER) paper.appendChild(h("p", { class: "soft" }, `只打印前 ${count(MOST_ON_PAPER)} 条，共 ${count(rows.length)} 条；请缩小范围后再打印。`));
  };
  const offPaper = () => { paper.textContent = ""; };
  window.addEventListener("beforeprint", onPaper);
  window.addEventListener("afterprint", offPaper);
  leave.push(() => { window.removeEventListener("beforeprint", onPaper); window.removeEventListener("afterprint", offPaper); });

  const view = h("section", { class: "panel", "aria-label": spec.title }, h("h2", null, spec.title), spec.note && h("p", { class: "soft" }, spec.note), spec.before, tools, counter, holder, paper);
  view.wide = true;
  view.draw = scroll => {
    build(scroll);
    tell();
    const waiting = setTimeout(() => { for (const each of spec.rows) haystack(each, spec.searched); }, 150);
    leave.push(() => clearTimeout(waiting));
  };
  return view;
}

function optionsOf(rows, name, label) {
  const found = [...new Set(rows.map(each => each[name]))].filter(each => each !== "");
  found.sort(collator.compare);
  return found.map(each => [each, label ? label(each) : each]);
}
