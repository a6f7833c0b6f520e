// Opens a scorecard in Chromium and prints what it found, as JSON.
// node scorecard_browser.cjs NODE_MODULES_FOLDER CHROMIUM PAGE
const fs = require("fs");
const { createRequire } = require("module");
const [folder, executablePath, page] = process.argv.slice(2);
const inside = createRequire(folder + "/x.cjs");
const { chromium } = inside("playwright-core");
const axe = fs.readFileSync(inside.resolve("axe-core"), "utf8");
const VIEWS = [
  { name: "wide-light", width: 1280, colorScheme: "light" },
  { name: "wide-dark", width: 1280, colorScheme: "dark" },
  { name: "phone-light", width: 390, colorScheme: "light" },
  { name: "phone-dark", width: 390, colorScheme: "dark" },
];
const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
  "--disable-background-networking", "--disable-component-update",
];

async function look(browser, view) {
  const { width, colorScheme } = view;
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, offline: true });
  const tab = await context.newPage();
  const errors = [], requests = [];
  tab.on("console", (m) => m.type() === "error" && errors.push(m.text()));
  tab.on("pageerror", (e) => errors.push(String(e)));
  tab.on("request", (r) => requests.push(r.url()));
  await tab.goto("file://" + page);
  await tab.evaluate(() => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
  await tab.evaluate(axe);
  const found = await tab.evaluate(() => axe.run());
  const widths = await tab.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  const background = await tab.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await context.close();
  return {
    violations: found.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html.slice(0, 200)).join(" | ")),
    passes: found.passes.length, errors, requests, scroll: widths[0], inner: widths[1], background,
  };
}

async function filters(browser) {
  const tab = await browser.newPage();
  await tab.goto("file://" + page);
  const shown = () => tab.locator(".tg > tbody > tr.hasw:visible").count();
  if ((await tab.locator('.filter button[data-f="fail"]').count()) === 0) return null;
  const all = await shown();
  await tab.click('.filter button[data-f="fail"]');
  const failed = await shown();
  await tab.click("#theme");
  const theme = await tab.evaluate(() => document.documentElement.dataset.theme);
  await tab.close();
  return { all, failed, theme };
}

async function plain(browser) {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const tab = await context.newPage();
  await tab.goto("file://" + page);
  const text = await tab.locator("body").innerText();
  const tools = await tab.locator(".js:visible").count();
  const pdf = (await tab.pdf({ format: "A4" })).toString("latin1");
  await context.close();
  return { text, tools, sheets: (pdf.match(/\/Type\s*\/Page[^s]/g) || []).length };
}

(async () => {
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  try {
    const views = {};
    for (const view of VIEWS) views[view.name] = await look(browser, view);
    console.log(JSON.stringify({ views, script: await filters(browser), plain: await plain(browser) }));
  } finally {
    await browser.close();
  }
})();
