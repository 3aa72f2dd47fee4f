// Charts, each with a legend in text and the same figures as a table.
const COLOURS = { accepted: "#3d8361", with_hints: "#d9a441", returned: "#b8483f", missing: "#aeb6c0", main: "#2f6395", other: "#9db7d1", line: "#5b6672" };
const MOST_BARS = 30;

function swatch(colour) {
  const mark = document.createElementNS(SVG, "svg");
  for (const [name, value] of [["width", "12"], ["height", "12"], ["aria-hidden", "true"]]) mark.setAttribute(name, value);
  const box = document.createElementNS(SVG, "rect");
  for (const [name, value] of [["width", "12"], ["height", "12"], ["fill", colour]]) box.setAttribute(name, value);
  mark.appendChild(box);
  return mark;
}

// {title, note, summary, series: [{name, colour}], height, option(width), table: node, wide}
function chartPanel(spec) {
  const holder = h("div", { class: "chart", role: "img", "aria-label": spec.summary });
  const alternative = h("div", { class: "alternative", hidden: true }, spec.table);
  const toggle = h("button", { type: "button", "aria-expanded": "false", click: () => {
    alternative.hidden = !alternative.hidden;
    toggle.setAttribute("aria-expanded", String(!alternative.hidden));
    toggle.textContent = alternative.hidden ? "数据表" : "收起数据表";
  } }, "数据表");
  toggle.setAttribute("aria-label", "数据表：" + spec.title);
  holder.style.height = spec.height + "px";
  const panel = h("section", { class: "panel chart-panel" + (spec.wide ? " wide" : ""), "aria-label": spec.title },
    h("div", { class: "head" }, h("h3", null, spec.title), toggle),
    spec.note && h("p", { class: "soft" }, spec.note),
    spec.series && h("ul", { class: "legend", "aria-hidden": "true" }, spec.series.map(each => h("li", null, swatch(each.colour), each.name))),
    holder, alternative);
  panel.draw = () => draw(holder, spec);
  return panel;
}

function draw(holder, spec) {
  const chart = echarts.init(holder, null, { renderer: "canvas", devicePixelRatio: Math.max(2, window.devicePixelRatio || 1) });
  const paint = () => chart.setOption(spec.option(holder.clientWidth), true);
  paint();
  const watch = new ResizeObserver(() => { chart.resize(); paint(); });
  watch.observe(holder);
  const onPaper = () => { chart.resize({ width: 640 }); chart.setOption(spec.option(640), true); };
  const offPaper = () => { chart.resize({ width: "auto" }); paint(); };
  window.addEventListener("beforeprint", onPaper);
  window.addEventListener("afterprint", offPaper);
  if (spec.open) chart.on("click", event => spec.open(event.dataIndex));
  leave.push(() => {
    watch.disconnect();
    window.removeEventListener("beforeprint", onPaper);
    window.removeEventListener("afterprint", offPaper);
    chart.dispose();
  });
}

const TEXT = { color: "#1d2733", fontSize: 12, fontFamily: "PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif" };

// Horizontal bars, from the top: names, series [{name, colour, values, labels}], stacked or side by side.
function bars(names, series, options) {
  const { stacked, label } = options || {};
  return width => {
    const last = Math.max(...names.map((_, at) => series.reduce((total, each) => (stacked ? total + each.values[at] : Math.max(total, each.values[at])), 0)), 0);
    return {
      animation: false,
      textStyle: TEXT,
      grid: { left: 4, right: label ? 84 : 20, top: 4, bottom: 4, containLabel: true },
      xAxis: { type: "value", max: last ? undefined : 1, minInterval: 1, splitNumber: width < 420 ? 3 : 5, axisLabel: { hideOverlap: true, color: "#55606e" }, splitLine: { lineStyle: { color: "#e6e9ed" } } },
      yAxis: { type: "category", inverse: true, data: names, axisTick: { show: false }, axisLine: { lineStyle: { color: "#b6bfc9" } }, axisLabel: { interval: 0, color: "#1d2733", width: Math.round(width * (width < 420 ? 0.34 : 0.4)), overflow: "truncate" } },
      series: series.map((each, at) => ({
        name: each.name,
        type: "bar",
        stack: stacked ? "all" : undefined,
        barMaxWidth: stacked ? 18 : 11,
        barGap: "15%",
        itemStyle: { color: each.colour },
        data: each.values,
        label: stacked
          ? { show: true, position: "inside", color: each.ink || "#fff", fontSize: 11, formatter: point => (point.value && point.value / last > 0.03 ? String(point.value) : "") }
          : { show: Boolean(each.labels), position: "right", color: "#1d2733", fontSize: 11, formatter: point => each.labels[point.dataIndex] },
      })),
    };
  };
}

function barsHeight(names, each) {
  return Math.max(120, names.length * each + 44);
}
