// The lists: units, projects, indicators, findings, copies, files.
const departmentFilter = rows => ({ name: "dep", title: "主管部门", all: "全部部门", of: each => each.department, options: optionsOf(rows, "department", departmentLabel) });
const stateFilter = rows => ({ name: "state", title: "状态", all: "全部状态", of: each => each.state, options: [...states.keys()].filter(code => rows.some(each => each.state === code)).map(code => [code, states.get(code).label]) });
const NUMBERS = ["money", "percent", "number"];
const unitCells = [
  { title: meta.labels.unit_code, name: "unitCode", width: 82 },
  { title: meta.labels.unit_name, name: "unitName", grow: 2, narrow: true },
];

// The money of rows, and how much of it counts where not all does.
function moneyOf(rows) {
  const whole = sum(rows, "money"), counted = sum(rows.filter(each => states.get(each.state).counts), "money");
  return [`，${meta.labels.budget}合计 `, h("b", null, money(whole)), ` ${meta.unit}`, counted === whole ? "" : ["，其中计入汇总 ", h("b", null, money(counted)), ` ${meta.unit}`]];
}

function unitList(given) {
  const office = { name: "office", title: "归口股室", all: "全部股室", of: each => each.office, options: optionsOf(units, "office") };
  const late = { name: "late", title: "迟报", of: each => (each.late ? "是" : "否"), options: units.some(each => each.late) ? [["是", "迟报"], ["否", "按时"]] : [] };
  const ceilings = units.some(each => each.ceiling !== null);
  return listView({
    name: "units", title: "单位", rows: units, given, placeholder: "单位编码、名称、联系人",
    note: meta.roster ? "应报的单位，以及不在其中而已报送的单位；金额为该单位当前的一份报送，应退回的不计入汇总。" : "没有单位名册，列出已报送的单位；应退回的不计入汇总。",
    searched: ["code", "name", "office", "contact", "phone", "email", "department", "notes"],
    filters: [departmentFilter(units), office, stateFilter(units), late],
    open: each => "unit/" + each.at,
    sums: moneyOf,
    columns: [
      { title: meta.labels.unit_code, name: "code", width: 92 },
      { title: meta.labels.unit_name, name: "name", grow: 3, narrow: true, link: true },
      ...(first.offices.length ? [{ title: "归口股室", name: "office", width: 100 }] : []),
      { title: "状态", name: "state", width: 92, narrow: 78, mark: each => stateMark(each.state) },
      { title: "份数", name: "versions", kind: "number", width: 66 },
      ...(units.some(each => each.late) ? [{ title: "迟报", name: "late", width: 66, of: each => (each.late ? "迟报" : "") }] : []),
      { title: "报送日期", name: "day", width: 104 },
      { title: "项目", name: "projects", kind: "number", width: 66 },
      { title: meta.labels.budget, name: "money", kind: "number", width: 118, narrow: 104, of: each => money(each.money) },
      ...(ceilings ? [{ title: "控制数", name: "ceiling", kind: "number", width: 118, of: each => money(each.ceiling) }] : []),
      { title: "错误", name: "errors", kind: "number", width: 66 },
      { title: "提示", name: "open", kind: "number", width: 66 },
    ],
  }, given);
}

function projectList(given) {
  const data = rest(), rows = data.projects;
  const monies = data.form.fields.filter(each => each.type === "money" && each.entry);
  const texts = data.form.fields.map(each => "v." + each.name);
  return listView({
    name: "projects", title: "项目", rows: rows, placeholder: "编码、名称及表中的文字",
    note: "“计入”的项目与汇总表相同；应退回的报送不计入。",
    searched: ["unitCode", "unitName", "place", ...texts],
    filters: [departmentFilter(rows), stateFilter(rows),
      { name: "counts", title: "汇总", all: "全部项目", of: each => (each.counts ? "计入" : "不计入"), options: [["计入", "计入汇总"], ["不计入", "不计入"]] }],
    open: each => "project/" + each.at,
    sums: moneyOf,
    columns: [
      ...unitCells.map(each => ({ ...each, narrow: undefined })),
      { title: meta.labels.project_code, name: "code", width: 192 },
      { title: meta.labels.project_name, name: "name", grow: 3, narrow: true, link: true },
      ...monies.map(each => ({ title: each.label, name: "n." + each.name, kind: "number", width: 110, roomy: each.name !== meta.roles.budget, narrow: each.name === meta.roles.budget ? 96 : undefined, of: row => row["v." + each.name] })),
      { title: "错误", name: "errors", kind: "number", width: 60, narrow: 54 },
      { title: "提示", name: "open", kind: "number", width: 62 },
      { title: "状态", name: "state", width: 84, narrow: 76, mark: each => stateMark(each.state) },
      { title: "工作表", name: "sheet", width: 78 },
      { title: "文件", name: "place", grow: 2, roomy: true },
    ],
  }, given);
}

function indicatorList(given) {
  const data = rest(), rows = data.rows;
  const fields = [];
  for (const group of data.form.groups) for (const field of group.fields) if (!fields.some(each => each.name === field.name)) fields.push(field);
  return listView({
    name: "indicators", title: data.form.groups.length === 1 ? data.form.groups[0].label : "指标", rows: rows, placeholder: ["项目", ...fields.slice(0, 3).map(each => each.label)].join("、"),
    searched: ["unitCode", "unitName", "projectCode", "projectName", "level1", "level2", ...fields.map(each => "v." + each.name)],
    filters: [departmentFilter(rows),
      { name: "level", title: "类别", all: "全部类别", of: each => each.level2, options: [...new Set(data.form.groups.flatMap(group => group.blocks.map(block => block[1] || group.label)))].map(each => [each, each]) },
      { name: "counts", title: "汇总", all: "全部", of: each => (each.counts ? "计入" : "不计入"), options: [["计入", "计入汇总"], ["不计入", "不计入"]] }],
    open: each => `project/${each.project}/${each.cell}`,
    columns: [
      { title: meta.labels.unit_name, name: "unitName", grow: 2 },
      { title: meta.labels.project_name, name: "projectName", grow: 2 },
      { title: "类别", name: "level2", width: 120 },
      ...fields.map((each, at) => ({ title: each.label, name: (NUMBERS.includes(each.type) ? "n." : "v.") + each.name, of: row => row["v." + each.name], kind: NUMBERS.includes(each.type) ? "number" : undefined, grow: at ? 2 : 3, width: each.type === "target" ? 110 : undefined, narrow: at === 0 ? true : each.type === "target" ? 104 : undefined, link: at === 0 })),
      { title: "工作表", name: "sheet", width: 78 },
      { title: "单元格", name: "cell", width: 72 },
      { title: "文件", name: "place", grow: 2, roomy: true },
    ],
  }, given);
}

function findingRoute(each) {
  return each.project >= 0 ? `project/${each.project}/${each.cell}` : each.unit >= 0 ? "unit/" + each.unit : route("files", { q: each.place });
}

function findingList(given) {
  const rows = rest().findings;
  const rules = first.rules.map(each => [each.id, `${each.id} ${each.title}`]);
  return listView({
    name: "findings", title: "校验问题", rows: rows, placeholder: "问题、单位、项目、意见", empty: "没有校验问题",
    note: "已被取代的文件不列，与汇总表“校验问题”一致。",
    searched: ["rule", "unitCode", "unitName", "projectName", "field", "value", "message", "explanation", "opinion", "place", "sheet", "cell"],
    filters: [departmentFilter(rows), { name: "rule", title: "规则", all: "全部规则", of: each => each.rule, options: rules },
      { name: "level", title: "级别", all: "全部级别", of: each => each.level, options: ["错误", "提示", "提示（已说明）"].map(each => [each, each]) },
      { name: "opinion", title: "财政意见", of: each => (each.opinion ? "有" : "无"), options: rows.some(each => each.opinion) ? [["有", "有意见"], ["无", "没有意见"]] : [] }],
    open: findingRoute,
    columns: [
      { title: "级别", name: "level", width: 118, narrow: 114, mark: levelMark },
      { title: "规则", name: "rule", width: 62 },
      { title: meta.labels.unit_name, name: "unitName", grow: 2, narrow: 92, of: each => each.unitName || each.place },
      { title: "工作表", name: "sheet", width: 84 },
      { title: "单元格", name: "cell", width: 72 },
      { title: "填报项", name: "field", width: 110 },
      { title: "问题", name: "message", grow: 5, narrow: true, link: true },
      { title: "审核说明", name: "explanation", grow: 2 },
      { title: "文件", name: "place", grow: 2, roomy: true },
      ...(rows.some(each => each.opinion) ? [{ title: "财政意见", name: "opinion", grow: 2 }] : []),
    ],
  }, given);
}

function fileList(given) {
  const rows = rest().files;
  for (const each of rows) each.department = each.code.slice(0, 3);
  return listView({
    name: "files", title: "文件", rows: rows, placeholder: "文件名、单位、原因",
    note: "收到的每一个文件及其状态，与汇总表“文件清单”一致。",
    searched: ["name", "code", "unit", "reason", "sha"],
    filters: [departmentFilter(rows), stateFilter(rows)],
    open: each => (each.index >= 0 ? "unit/" + each.index : null),
    sums: moneyOf,
    columns: [
      { title: meta.labels.unit_code, name: "code", width: 92 },
      { title: meta.labels.unit_name, name: "unit", grow: 2 },
      { title: "文件", name: "name", grow: 4, narrow: true, link: true },
      { title: "状态", name: "state", width: 92, narrow: 84, mark: each => stateMark(each.state) },
      { title: "原因", name: "reason", grow: 4 },
      { title: "项目", name: "projects", kind: "number", width: 66 },
      { title: meta.labels.budget, name: "money", kind: "number", width: 118, of: each => money(each.money) },
      { title: "错误", name: "errors", kind: "number", width: 66 },
      { title: "提示", name: "open", kind: "number", width: 66 },
      { title: "报送日期", name: "day", width: 104 },
    ],
  }, given);
}

const CLUSTERS_AT_ONCE = 30, MEMBERS_AT_ONCE = 50;

function copies() {
  const data = rest(), found = data.clusters;
  const likeness = meta.likeness;
  const note = likeness
    ? `两个项目的${likeness.field}（去掉标点和空格）有 ${Math.round(likeness.threshold * 100)}% 以上相同、各不少于 ${likeness.least} 项的，列为一组；单位内和单位间都比较，按单位和项目编码的次序排列，先后不表示谁抄谁。`
    : "本表样没有比较指标雷同的规则。";
  const holder = h("div");
  const panel = h("section", { class: "panel", "aria-label": "雷同" }, h("h2", null, "指标雷同"), h("p", { class: "soft" }, note),
    h("p", { class: "count" }, found.length ? [h("b", null, count(found.length)), " 组，涉及 ", h("b", null, count(found.reduce((total, each) => total + each.length, 0))), " 个项目"] : "没有发现指标雷同的项目"), holder);
  let shown = 0;
  const more = h("button", { type: "button", click: () => grow() }, "显示更多");
  function grow() {
    for (const cluster of found.slice(shown, shown + CLUSTERS_AT_ONCE)) holder.appendChild(clusterOf(data, cluster, ++shown));
    if (shown < found.length) panel.appendChild(more);
    else more.remove();
  }
  grow();
  panel.wide = true;
  return panel;
}

function clusterOf(data, cluster, number) {
  const projects = data.projects;
  const inUnits = new Set(cluster.map(each => projects[each[0]].unitCode)).size;
  const table = h("div");
  const fill = most => {
    table.textContent = "";
    table.appendChild(clusterTable(data, cluster.slice(0, most), number));
    if (cluster.length > most) table.appendChild(h("button", { type: "button", click: () => fill(cluster.length) }, `显示全部 ${cluster.length} 个项目`));
  };
  fill(MEMBERS_AT_ONCE);
  return h("div", { class: "cluster" }, h("h3", null, `第 ${number} 组：${cluster.length} 个项目，` + (inUnits > 1 ? `${inUnits} 个单位` : "同一单位")), table);
}

function clusterTable(data, cluster, number) {
  const projects = data.projects;
  const name = each => projects[each].name || projects[each].code || "（无名称）";
  return plainTable([
    { title: "单位", kind: "text", of: each => `${projects[each[0]].unitCode} ${projects[each[0]].unitName}` },
    { title: "项目", kind: "text", of: each => link("project/" + each[0], name(each[0])) },
    { title: "与哪个项目雷同", kind: "text", of: each => (each[1] < 0 ? "（本组第一个）" : [projects[each[1]].unitCode === projects[each[0]].unitCode ? "本单位 " : projects[each[1]].unitCode + " ", link("project/" + each[1], name(each[1]))]) },
    { title: "相同", kind: "number", of: each => (each[1] < 0 ? "" : `${each[2]} / ${each[3]}（${Math.floor((each[2] * 100) / each[3])}%）`) },
    { title: "文件", kind: "text roomy", of: each => projects[each[0]].place },
    { title: "工作表", kind: "short", of: each => projects[each[0]].sheet },
  ], cluster, { label: `雷同第 ${number} 组` });
}
