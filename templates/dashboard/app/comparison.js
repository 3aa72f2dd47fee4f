// 与上年比较: sums by department, every change with both places.
const CHANGE_COLUMNS = [
  { title: "变化", kind: "short", of: each => each.kind },
  { title: "事项", kind: "text", of: each => each.item },
  { title: "上年", kind: "text", of: each => each.before },
  { title: "本年", kind: "text", of: each => each.after },
  { title: "本年位置", kind: "short roomy", of: each => each.where },
  { title: "上年位置", kind: "text roomy", of: each => each.lastWhere },
];

function changesOf(data, name, at) {
  const found = data.changes.filter(each => each[name] === at);
  if (!found.length) return [];
  const columns = name === "unit" ? [{ title: "项目", kind: "text", of: each => (each.project >= 0 ? link("project/" + each.project, each.name) : each.name) }, ...CHANGE_COLUMNS] : CHANGE_COLUMNS;
  return [h("section", { class: "panel", "aria-label": "与上年比较" }, h("h3", null, `与上年比较（${found.length} 处变化）`), plainTable(columns, found, { label: "与上年比较" }))];
}

function comparison(given) {
  const data = rest(), last = first.last, rows = data.changes;
  const codes = [...new Set([...first.departments.map(each => each.code), ...Object.keys(last.departments)])].sort();
  const sums = codes.map(code => {
    const now = departments.get(code) || { projects: 0, money: 0 }, before = last.departments[code] || { projects: 0, money: 0 };
    return { code, now: now.projects, before: before.projects, money: now.money, was: before.money };
  });
  const kinds = [...new Set(rows.map(each => each.kind))];
  const before = h("div", null,
    h("p", { class: "soft" }, `与${last.title}的汇总库比较：项目按编码，否则按单位和名称对应；指标按类别和名称对应。${meta.labels.budget}只计通过和有提示的报送，变化则列出所有当前的报送。` + (last.silent.length ? `上年已报、本年尚无报送的单位 ${last.silent.length} 个，不列变化。` : "")),
    plainTable([
      { title: "主管部门", of: each => departmentLabel(each.code) },
      { title: "上年项目", kind: "number roomy", of: each => count(each.before) },
      { title: "本年项目", kind: "number roomy", of: each => count(each.now) },
      { title: `上年${meta.labels.budget}（${meta.unit}）`, kind: "number", of: each => money(each.was) },
      { title: `本年${meta.labels.budget}（${meta.unit}）`, kind: "number", of: each => money(each.money) },
      { title: "增减", kind: "number", of: each => money(difference(each.money, each.was)) },
    ], sums, { label: "按主管部门与上年比较", foot: ["合计", count(last.projects), count(first.total.projects), money(last.money), first.total.printed, money(difference(first.total.money, last.money))] }),
    h("p"));
  return listView({
    name: "last", title: "与上年比较", rows: rows, before: before, placeholder: "项目、指标、内容", empty: "没有变化",
    searched: ["kind", "unitCode", "unitName", "name", "code", "item", "before", "after", "file"],
    filters: [departmentFilter(rows), { name: "kind", title: "变化", all: "全部变化", of: each => each.kind, options: kinds.map(each => [each, `${each}（${rows.filter(row => row.kind === each).length}）`]) }],
    open: each => (each.project >= 0 ? `project/${each.project}/${each.cell}` : each.unit >= 0 ? "unit/" + each.unit : null),
    columns: [
      { title: "变化", name: "kind", width: 100, narrow: 90 },
      { title: meta.labels.unit_name, name: "unitName", grow: 2 },
      { title: meta.labels.project_name, name: "name", grow: 2, narrow: true, link: true },
      { title: "事项", name: "item", grow: 3, narrow: true },
      { title: "上年", name: "before", grow: 2 },
      { title: "本年", name: "after", grow: 2 },
      { title: "本年位置", name: "where", width: 100 },
      { title: "上年位置", name: "lastWhere", grow: 2 },
    ],
  }, given);
}
