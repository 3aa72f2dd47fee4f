// 总览: the figures of the round, progress, money, findings, reconciliation.
const STAGES = ["accepted", "with_hints", "returned", "missing"];
const STAGE_INK = { accepted: "#fff", with_hints: "#1d2733", returned: "#fff", missing: "#1d2733" };

function stagesOf(items) {
  return STAGES.filter(each => each !== "missing" || meta.roster).map(each => ({ name: states.get(each).label, colour: COLOURS[each], ink: STAGE_INK[each], values: items.map(item => item.states[each]) }));
}

function overview() {
  const total = first.total, parts = [keyFigures(total)];
  const known = first.departments.filter(each => each.units);
  const byOffice = first.offices.length > 0, byDay = first.days.length > 1;  // one day is no course of things
  if (byDay) parts.push(daysPanel(!byOffice));
  if (byOffice) parts.push(progressPanel("按归口股室的报送进度（单位数）", first.offices, each => each.name, (each, more) => route("units", { office: each.name, ...more }), "归口股室", !byDay));
  if (known.length) parts.push(progressPanel("按主管部门的报送进度（单位数）", known, each => departmentLabel(each.code), (each, more) => route("units", { dep: each.code, ...more }), "主管部门", true));
  if (first.departments.length) parts.push(moneyPanel());
  if (first.rules.length) parts.push(rulesPanel(), unitsPanel());
  parts.push(accountsPanel());
  const view = h("div", null, h("h2", { class: "unseen" }, "总览"), parts[0], h("div", { class: "columns" }, parts.slice(1)));
  view.draw = () => { for (const each of parts) if (each.draw) each.draw(); };
  return view;
}

function figure(name, value, more, kind) {
  return h("div", { class: kind }, h("dt", null, name), h("dd", { class: "main" }, value), more && h("dd", { class: "more" }, more));
}

function stateLink(state, number) {
  return number ? link(route("units", { state: state }), count(number)) : "0";
}

function keyFigures(total) {
  const state = code => units.filter(each => each.state === code).length;
  const reported = meta.roster
    ? figure("已报单位 / 应报单位", [link(route("units"), String(total.reported)), h("small", null, " / " + total.listed)],
      ["未报送 ", stateLink("missing", total.listed - total.reported), total.late ? ["，迟报 ", link(route("units", { late: "是" }), String(total.late))] : "", total.others ? `，不在名册 ${total.others}` : ""])
    : figure("已报单位", link(route("units"), String(units.length)), total.late ? ["迟报 ", link(route("units", { late: "是" }), String(total.late))] : "没有单位名册");
  const ceiling = total.ceiling === null ? "没有控制数" : `控制数 ${money(total.ceiling)}，差额 ${money(difference(total.money, total.ceiling))}`;
  return h("dl", { class: "figures" },
    figure(`计入汇总的${meta.labels.budget}（${meta.unit}）`, link(route("projects", { counts: "计入" }), total.printed), ceiling, "money"),
    reported,
    figure("通过的单位", link(route("units", { state: "accepted" }), String(state("accepted"))), ["有提示 ", stateLink("with_hints", state("with_hints")), "，应退回 ", stateLink("returned", state("returned"))]),
    figure("计入汇总的项目", link(route("projects", { counts: "计入" }), count(total.projects)), ["指标 ", link(route("indicators", { counts: "计入" }), count(total.indicators)), " 条"]),
    figure("校验错误", link(route("findings", { level: "错误" }), count(total.errors)), ["提示 ", link(route("findings", { level: "提示" }), count(total.hints - total.explained)), total.explained ? ["，已说明 ", link(route("findings", { level: "提示（已说明）" }), count(total.explained))] : "", total.opinions ? ["，意见 ", link(route("findings", { opinion: "有" }), count(total.opinions))] : ""]));
}

function progressPanel(title, all, label, target, heading, wide) {
  const wanting = each => each.states.missing + each.states.returned;
  const ranked = [...all].sort((one, other) => wanting(other) - wanting(one) || other.units - one.units);
  const shown = all.length > MOST_BARS ? ranked.slice(0, MOST_BARS) : all;
  const names = shown.map(label), series = stagesOf(shown);
  const columns = [
    { title: heading, of: each => link(target(each), label(each)) },
    { title: meta.roster ? "单位" : "已报单位", kind: "number", value: each => each.units, of: each => String(each.units) },
    ...STAGES.filter(each => each !== "missing" || meta.roster).map(stage => ({ title: states.get(stage).label, kind: "number", value: each => each.states[stage], of: each => (each.states[stage] ? link(target(each, { state: stage }), String(each.states[stage])) : "0") })),
    { title: "迟报", kind: "number", value: each => each.late, of: each => (each.late ? link(target(each, { late: "是" }), String(each.late)) : "0") },
  ];
  const sums = ["合计", ...columns.slice(1).map(column => String(all.reduce((whole, each) => whole + column.value(each), 0)))];
  return chartPanel({
    title: title,
    note: all.length > MOST_BARS ? `图中为未报送和应退回最多的 ${MOST_BARS} 个，数据表中有全部 ${all.length} 个。` : "",
    summary: `${title}，条形图：${names.slice(0, 5).map((name, at) => `${name} ${series.map(each => each.name + each.values[at]).join("、")}`).join("；")}${names.length > 5 ? "等" : ""}。全部数字见数据表。`,
    series: series,
    wide: wide,
    height: barsHeight(names, 27),
    option: bars(names, series, { stacked: true }),
    open: at => { location.hash = "#/" + target(shown[at]); },
    table: plainTable(columns, all, { label: title, foot: sums }),
  });
}

const MOST_DAYS = 366;

// Every day from the first to the last; only days on which something came if that were too many.
function axisOf(days) {
  const first = Date.parse(days[0] + "T00:00:00Z"), last = Date.parse(days[days.length - 1] + "T00:00:00Z"), all = [];
  if (last - first > MOST_DAYS * 86400000) return days;
  for (let at = first; at <= last; at += 86400000) all.push(new Date(at).toISOString().slice(0, 10));
  return all;
}

function daysPanel(wide) {
  const days = first.days;
  let sofar = 0;
  const reached = new Map(days.map(each => [each.day, (sofar += each.units)]));
  const deadline = meta.deadline ? meta.deadline.slice(0, 10) : "";
  const marked = [...new Set([...days.map(each => each.day), ...(deadline ? [deadline] : [])])].sort(), axis = axisOf(marked), gaps = axis === marked;
  const years = new Set(axis.map(day => day.slice(0, 4))).size;  // with a year where there are several
  let known = 0;
  const values = axis.map(day => (known = reached.has(day) ? reached.get(day) : known));
  const most = Math.max(meta.roster ? first.total.listed : 0, sofar, 1);
  const series = [{ name: "累计已报单位", colour: COLOURS.main }];
  if (deadline) series.push({ name: `截止 ${deadline}`, colour: COLOURS.returned });
  return chartPanel({
    title: "报送进度（按日，单位数）",
    note: "有邮件的按收到日期，其余按工作簿的保存时间；一个单位按最早的一份计。" + (gaps ? "前后相隔一年以上，图中只列收到文件的日期。" : ""),
    summary: `报送进度折线图：${days[0].day} 至 ${days[days.length - 1].day}，累计 ${sofar} 个单位。全部数字见数据表。`,
    series: series,
    wide: wide,
    height: 230,
    option: () => ({
      animation: false, textStyle: TEXT,
      grid: { left: 4, right: 24, top: 16, bottom: 4, containLabel: true },
      xAxis: { type: "category", data: axis, axisTick: { alignWithLabel: true }, axisLabel: { hideOverlap: true, showMaxLabel: gaps || undefined, color: "#55606e", formatter: day => (years > 1 ? day : day.slice(5)) } },
      yAxis: { type: "value", min: 0, max: most, minInterval: 1, splitNumber: 4, axisLabel: { color: "#55606e" }, splitLine: { lineStyle: { color: "#e6e9ed" } } },
      series: [
        { type: "line", step: "end", data: values, symbolSize: 5, showSymbol: axis.length < 40, lineStyle: { color: COLOURS.main, width: 2 }, itemStyle: { color: COLOURS.main }, areaStyle: { color: "rgba(47,99,149,.10)" } },
        ...(deadline ? [{ type: "bar", barWidth: 2, itemStyle: { color: COLOURS.returned }, data: axis.map(day => (day === deadline ? most : null)) }] : []),
      ],
    }),
    table: plainTable([
      { title: "日期", of: each => each.day },
      { title: "收到文件", kind: "number", of: each => String(each.files) },
      { title: "新报单位", kind: "number", of: each => String(each.units) },
      { title: "累计单位", kind: "number", of: each => String(reached.get(each.day)) },
    ], days, { label: "报送进度" }),
  });
}

function moneyPanel() {
  const all = first.departments, withCeilings = all.some(each => each.ceiling !== null);
  const weight = each => Number(each.money) + Number(each.ceiling || 0);
  const shown = all.length > MOST_BARS ? [...all].sort((one, other) => weight(other) - weight(one)).slice(0, MOST_BARS) : all;
  const names = shown.map(each => departmentLabel(each.code));
  const scale = each => (each === null ? 0 : Number(each) / 1e6);
  const series = [{ name: `计入汇总的${meta.labels.budget}`, colour: COLOURS.main, values: shown.map(each => scale(each.money)), labels: shown.map(each => money(each.money)) }];
  if (withCeilings) series.push({ name: "预算控制数", colour: COLOURS.other, values: shown.map(each => scale(each.ceiling)), labels: shown.map(each => money(each.ceiling)) });
  const columns = [
    { title: "主管部门", of: each => link(route("units", { dep: each.code }), departmentLabel(each.code)) },
    { title: "计入单位", kind: "number", of: each => String(each.counted) },
    { title: "项目", kind: "number", of: each => link(route("projects", { dep: each.code, counts: "计入" }), String(each.projects)) },
    { title: `${meta.labels.budget}（${meta.unit}）`, kind: "number", of: each => link(route("projects", { dep: each.code, counts: "计入" }), money(each.money)) },
    ...(withCeilings ? [
      { title: "控制数", kind: "number", of: each => money(each.ceiling) || "—" },
      { title: "差额", kind: "number", of: each => money(difference(each.money, each.ceiling)) || "—" },
    ] : []),
  ];
  const foot = ["合计", String(all.reduce((whole, each) => whole + each.counted, 0)), count(first.total.projects), first.total.printed];
  if (withCeilings) foot.push(money(first.total.ceiling), money(difference(first.total.money, first.total.ceiling)));
  return chartPanel({
    title: withCeilings ? `各主管部门${meta.labels.budget}与控制数（${meta.unit}）` : `各主管部门${meta.labels.budget}（${meta.unit}）`,
    note: (withCeilings ? "只计通过和有提示的报送；控制数含尚未报送和应退回的单位。" : "只计通过和有提示的报送。") + (all.length > MOST_BARS ? `图中为金额最大的 ${MOST_BARS} 个，数据表中有全部 ${all.length} 个。` : ""),
    summary: `各主管部门${meta.labels.budget}条形图：${shown.slice(0, 5).map((each, at) => `${names[at]} ${money(each.money)}${each.ceiling === null ? "" : `，控制数 ${money(each.ceiling)}`}`).join("；")}${names.length > 5 ? "等" : ""}。全部数字见数据表。`,
    series: series,
    wide: true,
    height: barsHeight(names, withCeilings ? 36 : 27),
    option: bars(names, series, { label: true }),
    open: at => { location.hash = "#/" + route("projects", { dep: shown[at].code, counts: "计入" }); },
    table: plainTable(columns, all, { label: "各主管部门金额", foot: foot }),
  });
}

function rulesPanel() {
  const all = [...first.rules].sort((one, other) => other.errors + other.open - one.errors - one.open);
  const shown = all.slice(0, 15), names = shown.map(each => `${each.id} ${each.title}`);
  const series = [
    { name: "错误", colour: COLOURS.returned, ink: "#fff", values: shown.map(each => each.errors) },
    { name: "提示", colour: COLOURS.with_hints, ink: "#1d2733", values: shown.map(each => each.open) },
    { name: "提示（已说明）", colour: COLOURS.accepted, ink: "#fff", values: shown.map(each => each.explained) },
  ].filter(each => each.values.some(value => value));
  const number = (each, name, level) => (each[name] ? link(route("findings", { rule: each.id, level: level }), String(each[name])) : "0");
  return chartPanel({
    title: "各规则的校验问题",
    note: all.length > shown.length ? `图中为最多的 ${shown.length} 条规则，数据表中有全部 ${all.length} 条。` : "",
    summary: `各规则的校验问题条形图：${shown.slice(0, 5).map(each => `${each.id} ${each.title} ${each.errors + each.open + each.explained} 个`).join("；")}。全部数字见数据表。`,
    series: series,
    height: barsHeight(names, 27),
    option: bars(names, series, { stacked: true }),
    open: at => { location.hash = "#/" + route("findings", { rule: shown[at].id }); },
    table: plainTable([
      { title: "规则", kind: "short", of: each => link(route("findings", { rule: each.id }), each.id) },
      { title: "内容", kind: "text", of: each => each.title },
      { title: "错误", kind: "number", of: each => number(each, "errors", "错误") },
      { title: "提示", kind: "number", of: each => number(each, "open", "提示") },
      { title: "已说明", kind: "number", of: each => number(each, "explained", "提示（已说明）") },
      { title: "涉及单位", kind: "number", of: each => String(each.units) },
    ], first.rules, { label: "各规则的校验问题" }),
  });
}

function unitsPanel() {
  const all = units.filter(each => each.errors || each.open || each.explained).sort((one, other) => other.errors - one.errors || other.open - one.open || one.at - other.at);
  const nameOf = each => `${each.code} ${each.name}`.trim() || "（没有填写单位）";
  const shown = all.slice(0, 15), names = shown.map(nameOf);
  if (!shown.length) return h("section", { class: "panel" }, h("h3", null, "各单位的校验问题"), h("p", { class: "soft" }, "各单位的报送没有问题；问题都在不能计入的文件中。"));
  const series = [
    { name: "错误", colour: COLOURS.returned, ink: "#fff", values: shown.map(each => each.errors) },
    { name: "提示", colour: COLOURS.with_hints, ink: "#1d2733", values: shown.map(each => each.open) },
    { name: "提示（已说明）", colour: COLOURS.accepted, ink: "#fff", values: shown.map(each => each.explained) },
  ].filter(each => each.values.some(value => value));
  return chartPanel({
    title: "各单位的校验问题",
    note: all.length > shown.length ? `图中为问题最多的 ${shown.length} 个单位，共 ${all.length} 个单位有问题。` : "",
    summary: `各单位的校验问题条形图：${shown.slice(0, 5).map(each => `${nameOf(each)} 错误 ${each.errors}、提示 ${each.open}`).join("；")}。`,
    series: series,
    height: barsHeight(names, 27),
    option: bars(names, series, { stacked: true }),
    open: at => { location.hash = "#/unit/" + shown[at].at; },
    table: plainTable([
      { title: "单位", of: each => link("unit/" + each.at, nameOf(each)) },
      { title: "错误", kind: "number", of: each => String(each.errors) },
      { title: "提示", kind: "number", of: each => String(each.open) },
      { title: "已说明", kind: "number", of: each => String(each.explained) },
    ], all, { label: "各单位的校验问题" }),
  });
}

function accountsPanel() {
  const all = first.tallies, whole = name => all.reduce((total, each) => total + each[name], 0);
  return h("section", { class: "panel wide", "aria-label": "核对" }, h("h3", null, "核对"),
    h("p", { class: "soft" }, "收到的文件 = 各状态文件之和；汇总只计“通过”和“有提示”。"),
    plainTable([
      { title: "状态", kind: "short", of: each => stateMark(each.state) },
      { title: "文件", kind: "number", of: each => (each.files ? link(route("files", { state: each.state }), count(each.files)) : "0") },
      { title: "项目", kind: "number", of: each => count(each.projects) },
      { title: `${meta.labels.budget}（${meta.unit}）`, kind: "number", of: each => money(each.money) },
      { title: "计入汇总", kind: "short roomy", of: each => (states.get(each.state).counts ? "计入" : "不计入") },
      { title: "说明", kind: "text roomy", of: each => states.get(each.state).meaning },
    ], all, { label: "核对", foot: ["合计", count(whole("files")), count(whole("projects")), money(sum(all, "money")), "", "所有文件"] }));
}
