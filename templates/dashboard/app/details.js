// A unit, and a project with its table as printed.
function missing(what) {
  return h("section", { class: "panel" }, h("h2", null, what), h("p", null, link("", "回到总览")));
}

function trail(...parts) {
  const found = h("nav", { class: "trail", "aria-label": "位置" });
  parts.forEach((each, at) => add(found, [at ? " › " : "", each]));
  return found;
}

function shortened(text, most) {
  const letters = [...text];
  return letters.length > most ? letters.slice(0, most).join("") + "……" : text;
}

// Findings as a list; each has the number that the table shows.
function findingItems(found, options) {
  const { places } = options || {};
  return h("ol", { class: "findings" }, found.map(([each, number]) => h("li", null,
    h("div", null, number ? h("b", null, `[${number}] `) : null, levelMark(each), " ", each.message),
    h("div", { class: "where" }, [each.rule, each.field, each.value ? `填报内容“${shortened(each.value, 60)}”` : "", places && each.projectName ? each.projectName : ""].filter(part => part).join(" · "),
      " · ", each.project >= 0 ? link(findingRoute(each), `${each.sheet} ${each.cell}`) : `${each.sheet} ${each.cell}`.trim() || "整个文件"),
    each.explanation && h("div", { class: "said" }, "审核说明：" + each.explanation),
    each.opinion && h("div", { class: "opinion" }, "财政意见：" + each.opinion))));
}

function unitView(at) {
  const unit = units[at];
  if (!unit) return missing("没有这个单位");
  const data = rest();
  const files = data.files.filter(each => each.index === at);
  const file = files.find(each => each.state === unit.state);
  const projects = data.projects.filter(each => each.unit === at);
  const found = data.findings.filter(each => each.unit === at);
  const cover = file ? Object.keys(meta.cover).filter(name => file[name]).map(name => [meta.cover[name], file[name]]) : [];
  const name = `${unit.code} ${unit.name}`.trim() || "（没有填写单位）";
  const parts = [trail(link("units", "单位"), link(route("units", { dep: unit.department }), departmentLabel(unit.department)), name)];
  parts.push(h("section", { class: "panel", "aria-label": "单位" }, h("h2", null, name, " ", stateMark(unit.state)), facts([
    unit.office && ["归口股室", unit.office],
    ["项目", unit.projects === null ? "" : String(unit.projects)],
    [`${meta.labels.budget}（${meta.unit}）`, money(unit.money)],
    unit.ceiling !== null && ["控制数", money(unit.ceiling)],
    unit.ceiling !== null && unit.money !== null && ["差额", money(difference(unit.money, unit.ceiling))],
    unit.errors !== null && ["错误 / 提示 / 已说明", `${unit.errors} / ${unit.open} / ${unit.explained}`],
    unit.day && ["报送日期", unit.day + (unit.late ? "（迟报）" : "")],
    ...cover,
    unit.contact && ["联系人（名册）", unit.contact], unit.phone && ["联系电话（名册）", unit.phone], unit.email && ["电子邮箱", unit.email],
    meta.roster && !unit.listed && ["名册", "不在名册"],
    unit.handed && ["下发", `${unit.handed} 份` + (unit.out ? `，最近 ${unit.out}` : "")],
    unit.mail && ["邮件", unit.mail, true],
    unit.notes && ["报送提示", unit.notes, true],
    file && ["状态说明", file.reason, true],
  ])));
  if (!files.length) parts.push(h("section", { class: "panel" }, h("p", null, "没有收到该单位的报送。")));
  if (projects.length) parts.push(h("section", { class: "panel", "aria-label": "项目" }, h("h3", null, "项目"), plainTable([
    { title: meta.labels.project_code, kind: "short roomy", of: each => each.code },
    { title: meta.labels.project_name, kind: "text", of: each => link("project/" + each.at, each.name || "（无名称）") },
    { title: `${meta.labels.budget}（${meta.unit}）`, kind: "number", of: each => each["v." + meta.roles.budget] },
    { title: "指标", kind: "number roomy", of: each => String(each.rows) },
    { title: "错误", kind: "number", of: each => String(each.errors) },
    { title: "提示", kind: "number", of: each => String(each.open) },
    { title: "工作表", kind: "short", of: each => each.sheet },
    { title: "单元格", kind: "short roomy", of: each => each.cell },
  ], projects, { label: "项目", foot: ["合计", count(projects.length) + " 个项目", money(sum(projects, "money")), count(projects.reduce((total, each) => total + each.rows, 0)), "", "", "", ""] })));
  if (found.length) parts.push(h("section", { class: "panel", "aria-label": "校验问题" }, h("h3", null, `校验问题（${found.length}）`), findingItems(found.map(each => [each, 0]), { places: true })));
  if (files.length) parts.push(h("section", { class: "panel", "aria-label": "文件" }, h("h3", null, "文件"), plainTable([
    { title: "文件", kind: "text", of: each => each.name },
    { title: "状态", kind: "short", of: each => stateMark(each.state) },
    { title: "原因", kind: "text roomy", of: each => each.reason },
    { title: "报送日期", kind: "short", of: each => each.day },
    { title: `${meta.labels.budget}（${meta.unit}）`, kind: "number", of: each => money(each.money) },
    { title: "SHA-256", kind: "short roomy", of: each => each.sha },
  ], files, { label: "文件" })));
  for (const part of data.parts.filter(each => each.unit === at)) {
    const faults = faultsOf(found.filter(each => each.project < 0 && each.sheet === part.title));
    parts.push(h("section", { class: "panel", "aria-label": part.title }, h("h3", null, part.title), h("p", { class: "soft" }, `文件 ${data.files[part.file].name} › 工作表 ${part.title}`), partSheet(data, part, faults)));
  }
  parts.push(...changesOf(data, "unit", at));
  return h("div", null, parts);
}

function faultsOf(found) {
  const faults = new Map();
  found.forEach((each, at) => {
    if (!faults.has(each.cell)) faults.set(each.cell, []);
    faults.get(each.cell).push([each, at + 1]);
  });
  return faults;
}

function projectView(at, cell) {
  const data = rest(), project = data.projects[at];
  if (!project) return missing("没有这个项目");
  const file = project.fileRow, found = data.findings.filter(each => each.project === at);
  const name = project.name || project.code || "（无名称）";
  const unitName = `${project.unitCode} ${project.unitName}`.trim() || file.name;
  const holder = h("div", { class: "printed" }, projectSheet(data, project, faultsOf(found), cell));
  const addresses = h("button", { type: "button", "aria-pressed": "false", click: () => {
    const on = holder.classList.toggle("addresses");
    addresses.setAttribute("aria-pressed", String(on));
  } }, "显示单元格地址");
  const near = [];
  for (const cluster of data.clusters) if (cluster.some(each => each[0] === at)) near.push(cluster);
  const pager = h("div", { class: "pager" },
    at > 0 ? link("project/" + (at - 1), "‹ 上一个项目") : h("span"),
    at + 1 < data.projects.length ? link("project/" + (at + 1), "下一个项目 ›") : h("span"));
  const view = h("div", null,
    trail(link("units", "单位"), project.unit >= 0 ? link("unit/" + project.unit, unitName) : unitName, name),
    h("section", { class: "panel", "aria-label": "项目" },
      h("div", { class: "head" }, h("h2", null, name, " ", stateMark(project.state)), addresses),
      h("p", { class: "soft" }, `来源：文件 ${file.name} › 工作表 ${project.sheet} › 单元格 ${project.cell}` + (project.counts ? "" : "；应退回，不计入汇总")),
      holder),
    found.length ? h("section", { class: "panel", "aria-label": "校验问题" }, h("h3", null, `校验问题（${found.length}）`), findingItems(found.map((each, number) => [each, number + 1]))) : null,
    near.map(cluster => h("section", { class: "panel", "aria-label": "雷同" }, h("h3", null, "指标雷同的项目"), clusterTable(data, cluster.filter(each => each[0] === at || each[1] === at || cluster.find(own => own[0] === at)[1] === each[0]).slice(0, MEMBERS_AT_ONCE), "")), ),
    changesOf(data, "project", at),
    pager);
  view.draw = () => {
    const target = cell && holder.querySelector(`[data-cell="${CSS.escape(cell)}"]`);
    if (target) { target.classList.add("here"); target.scrollIntoView({ block: "center" }); return true; }
    return false;
  };
  return view;
}
