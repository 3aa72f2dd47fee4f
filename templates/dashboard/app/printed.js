// A sheet as the form draws it, with its values; cells at fault are marked and numbered.
function letters(number) {
  let text = "";
  for (let left = number; left > 0; left = Math.floor((left - 1) / 26)) text = String.fromCharCode(65 + ((left - 1) % 26)) + text;
  return text;
}

function shifted(cell, columns) {
  const found = /^([A-Z]+)([0-9]+)$/.exec(cell);
  if (!found) return "";
  let number = 0;
  for (const letter of found[1]) number = number * 26 + letter.charCodeAt(0) - 64;
  return letters(number + columns) + found[2];
}

// values: field -> text; cells: field -> address; groups: name -> [{block, slot, cell, values}]; faults: address -> [finding, number]
function printedSheet(sheet, values, cells, groups, faults, here) {
  const types = new Map(sheet.fields.map(each => [each.name, each]));
  const lines = new Map();  // grid row -> rows of its group
  for (const group of sheet.groups) lines.set(group.row, { group: group, rows: groups[group.name] || [] });
  const height = row => (lines.has(row) ? Math.max(1, lines.get(row).rows.length) : 1);
  const table = h("table", { class: "form" });
  const body = h("tbody");
  const total = sheet.widths.reduce((one, other) => one + other, 0);
  const widths = h("colgroup");
  for (const each of sheet.widths) {
    const column = h("col");
    column.style.width = (each / total) * 100 + "%";
    widths.appendChild(column);
  }
  table.appendChild(widths);
  for (let row = 0; row < sheet.rows; row++) {
    const line = lines.get(row);
    for (let at = 0; at < height(row); at++) {
      const element = h("tr");
      for (const cell of sheet.cells) {
        const [top, , tall, wide, mark, text] = cell;
        if (top !== row) continue;
        const inRow = line && (mark !== "label" || tall === 1);
        if (line && !inRow && at > 0) continue;
        let span = 0;
        for (let over = top; over < top + tall; over++) span += height(over);
        if (inRow) {
          span = 1;
          if (mark === "level1" || mark === "level2") {
            const level = mark === "level1" ? 0 : 1, mine = line.rows[at] && line.group.blocks[line.rows[at].block];
            const same = other => other && mine && line.group.blocks[other.block][0] === mine[0] && (level === 0 || line.group.blocks[other.block][1] === mine[1]);
            if (at > 0 && same(line.rows[at - 1])) continue;
            while (same(line.rows[at + span])) span++;
          }
        }
        element.appendChild(formCell(cell, { line, at, span, wide, values, cells, types, faults, here, widest: sheet.widths.length }));
      }
      body.appendChild(element);
    }
  }
  table.appendChild(body);
  return table;
}

function formCell([top, , , wide, mark, text], context) {
  const { line, at, span, values, cells, types, faults, here } = context;
  const marks = { colspan: wide > 1 ? wide : null, rowspan: span > 1 ? span : null };
  const row = line && line.rows[at];
  if (mark === "label") return h("th", { ...marks, class: wide === context.widest && top === 0 ? "title" : null }, text);
  if (mark === "level1" || mark === "level2") return h("th", marks, row ? line.group.blocks[row.block][mark === "level1" ? 0 : 1] : "");
  if (mark === "ordinal") return h("td", marks, row ? String(at + 1) : "");
  const inGroup = line && line.group.fields.find(each => each.name === text);
  const field = inGroup || types.get(text) || { type: "text" };
  const shown = inGroup ? (row ? row.values[text] || "" : "") : values[text] || "";
  const address = inGroup ? (row && row.cell ? shifted(row.cell, line.group.offsets[text] || 0) : "") : cells[text] || "";
  const found = (address && faults.get(address)) || [];
  const kinds = [];
  if (field.align === "left" || field.type === "long") kinds.push("left");
  if (wide === context.widest && top === 0) kinds.push("title");
  if (found.some(([each]) => each.error)) kinds.push("bad");
  else if (found.some(([each]) => !each.explained)) kinds.push("dubious");
  if (address && address === here) kinds.push("here");
  return h("td", { ...marks, class: kinds.join(" ") || null, title: address || null, "data-cell": address || null },
    field.type === "money" ? shown.replace(/,/g, "") : shown,
    found.length ? h("sup", null, " [" + found.map(each => each[1]).join("、") + "]") : null,
    address ? h("small", null, address) : null);
}

// What stands beside the table, outside the print area.
function besides(sheet, values, cells) {
  const found = sheet.fields.filter(each => each.beside && values[each.name]);
  return found.length ? facts(found.map(each => [`${each.label}（表旁${cells[each.name] ? " " + cells[each.name] : ""}）`, values[each.name], true])) : null;
}

function projectSheet(data, project, faults, here) {
  const sheet = data.form, values = {}, cells = {}, addresses = project.cells.split(",");
  let at = 0;
  for (const field of sheet.fields) {
    values[field.name] = project["v." + field.name] || "";
    if (field.entry) cells[field.name] = addresses[at++] || "";
  }
  const groups = {};
  for (const row of data.rows.slice(project.first, project.first + project.rows)) {
    const group = sheet.groups[row.group], rowValues = {};
    for (const field of group.fields) rowValues[field.name] = row["v." + field.name];
    (groups[group.name] = groups[group.name] || []).push({ block: row.block, slot: row.slot, cell: row.cell, values: rowValues });
  }
  return h("div", null, h("div", { class: "wide-scroll", tabindex: "0", role: "group", "aria-label": "项目表" }, printedSheet(sheet, values, cells, groups, faults, here)), besides(sheet, values, cells));
}

function partSheet(data, part, faults) {
  const sheet = data.sheets.get(part.sheet), groups = {};
  for (const name of Object.keys(part.rows)) groups[name] = part.rows[name].map(([block, slot, values]) => ({ block, slot, cell: "", values }));
  return h("div", { class: "wide-scroll", tabindex: "0", role: "group", "aria-label": part.title }, printedSheet(sheet, part.values, {}, groups, faults));
}
