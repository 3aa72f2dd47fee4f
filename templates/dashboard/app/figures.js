// Numbers. Money is an integer of 10⁻⁶ 万元 and is added and rounded exactly, half away from zero.
function big(micro) {
  return micro === null || micro === undefined ? null : BigInt(micro);
}

function grouped(digits) {
  return digits.replace(/\B(?=(\d{3})+$)/g, ",");
}

function money(micro) {
  const value = big(micro);
  if (value === null) return "";
  const size = value < 0n ? -value : value;
  const cents = (size + 5000n) / 10000n;
  const text = grouped((cents / 100n).toString()) + "." + (cents % 100n).toString().padStart(2, "0");
  return (value < 0n && cents > 0n ? "-" : "") + text;
}

function sum(rows, name) {
  let total = 0n;
  for (const each of rows) if (each[name] !== null && each[name] !== undefined) total += BigInt(each[name]);
  return total;
}

function difference(one, other) {
  return one === null || other === null || one === undefined || other === undefined ? null : BigInt(one) - BigInt(other);
}

function count(number) {
  return number === null || number === undefined ? "" : grouped(String(number));
}

function share(part, whole) {
  return whole ? (Math.round((part / whole) * 1000) / 10).toFixed(1) + "%" : "";
}
