// Data: blocks of deflated JSON; tables as columns with a pool of texts.
function block(name) {
  const element = document.getElementById("data-" + name);
  const packed = atob(element.textContent);
  const bytes = new Uint8Array(packed.length);
  for (let at = 0; at < packed.length; at++) bytes[at] = packed.charCodeAt(at);
  element.textContent = "";
  return JSON.parse(new TextDecoder().decode(fflate.unzlibSync(bytes)));
}

function rowsOf(table, pool) {
  const rows = new Array(table.rows);
  for (let at = 0; at < table.rows; at++) rows[at] = { at: at };
  for (const name of Object.keys(table.texts)) {
    const column = table.texts[name];
    for (let at = 0; at < table.rows; at++) rows[at][name] = pool[column[at]];
  }
  for (const name of Object.keys(table.numbers)) {
    const column = table.numbers[name];
    for (let at = 0; at < table.rows; at++) rows[at][name] = column[at];
  }
  return rows;
}

const first = block("first");
const meta = first.meta;
const states = new Map(meta.states.map(each => [each[0], { label: each[1], meaning: each[2], counts: each[3] }]));
states.set("missing", { label: "未报送", meaning: "名册中的单位，还没有可用的报送", counts: false });
const units = rowsOf(first.units, first.pool);
const departments = new Map(first.departments.map(each => [each.code, each]));

let loaded = null;
function rest() {
  if (loaded) return loaded;
  const raw = block("rest"), pool = raw.pool;
  const found = { sheets: new Map(raw.sheets.map(each => [each.id, each])), clusters: raw.clusters, parts: raw.parts };
  for (const name of ["files", "projects", "rows", "findings"]) found[name] = rowsOf(raw[name], pool);
  found.changes = raw.changes ? rowsOf(raw.changes, pool) : [];
  found.form = raw.sheets.find(each => each.repeats);
  const { files, projects, rows, findings } = found;
  let at = 0;
  for (const project of projects) {
    project.fileRow = files[project.file];
    project.first = at;
    at += project.rows;
    project.errors = project.open = project.explained = 0;
    project.place = project.fileRow.name;
    project.state = project.fileRow.state;
    project.unitCode = project.fileRow.code;
    project.unitName = project.fileRow.unit;
    project.department = project.unitCode.slice(0, 3);
  }
  for (const row of rows) {
    const project = projects[row.project], block = found.form.groups[row.group].blocks[row.block];
    row.level1 = block[0];
    row.level2 = block[1] || found.form.groups[row.group].label;
    row.projectName = project.name || project.code;
    row.projectCode = project.code;
    row.unitCode = project.unitCode;
    row.unitName = project.unitName;
    row.department = project.department;
    row.state = project.state;
    row.counts = project.counts;
    row.place = project.place;
    row.sheet = project.sheet;
  }
  for (const each of findings) {
    const file = files[each.file];
    each.level = each.error ? "错误" : each.explained ? "提示（已说明）" : "提示";
    each.unitCode = file.code;
    each.unitName = file.unit;
    each.department = file.code.slice(0, 3);
    each.place = file.name;
    each.state = file.state;
    each.projectName = each.project < 0 ? "" : projects[each.project].name;
    const project = projects[each.project];
    if (project) project[each.error ? "errors" : each.explained ? "explained" : "open"]++;
  }
  for (const each of found.changes) {
    const project = projects[each.project], unit = units[each.unit];
    each.unitCode = unit ? unit.code : "";
    each.unitName = unit ? unit.name : "";
    each.department = each.unitCode.slice(0, 3);
    if (project) {
      each.name = project.name;
      each.code = project.code;
    }
    each.where = project ? `${project.sheet} ${each.cell}` : "";
    each.lastWhere = each.file ? `${each.file} ${each.sheet} ${each.last}` : "";
  }
  return (loaded = found);
}

function ruleTitle(id) {
  const found = first.rules.find(each => each.id === id);
  return found ? found.title : "";
}

function departmentLabel(code) {
  const found = departments.get(code);
  return found && found.name ? `${code} ${found.name}` : code || "（没有单位编码）";
}
