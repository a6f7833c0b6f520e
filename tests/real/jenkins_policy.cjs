// Opens a page in Chromium as a reader of Jenkins does, and prints what it found, as JSON.
// node jenkins_policy.cjs NODE_MODULES_FOLDER CHROMIUM URL
const { createRequire } = require("module");
const [folder, executablePath, url] = process.argv.slice(2);
const { chromium } = createRequire(folder + "/x.cjs")("playwright-core");
const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
  "--disable-background-networking", "--disable-component-update",
];

async function look(browser) {
  const tab = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const errors = [], issues = [], asked = [];
  tab.on("console", (m) => m.type() === "error" && errors.push(m.text()));
  tab.on("request", (r) => asked.push(r.url()));
  const wire = await tab.context().newCDPSession(tab);
  wire.on("Audits.issueAdded", ({ issue }) => issues.push(issue.code));
  await wire.send("Audits.enable");
  await tab.goto(url, { waitUntil: "load" });
  // The accessibility tree and the layout are the browser's own: no script of the page runs here.
  const found = await wire.send("DOM.getDocument", { depth: -1 });
  const body = await styles(wire, found.root.nodeId, "body");
  const word = await styles(wire, found.root.nodeId, "h1");
  const chart = await wire.send("DOM.querySelector", { nodeId: found.root.nodeId, selector: ".chart svg, figure svg" });
  const box = chart.nodeId ? (await wire.send("DOM.getBoxModel", { nodeId: chart.nodeId })).model : null;
  const scripts = await wire.send("DOM.querySelectorAll", { nodeId: found.root.nodeId, selector: "script:not([type='application/json'])" });
  await tab.close();
  return { errors, issues, asked, body, word, scripts: scripts.nodeIds.length, chart: box && [box.width, box.height] };
}

async function styles(wire, root, selector) {
  await wire.send("CSS.enable");
  const { nodeId } = await wire.send("DOM.querySelector", { nodeId: root, selector });
  if (!nodeId) return null;
  const { computedStyle } = await wire.send("CSS.getComputedStyleForNode", { nodeId });
  const wanted = ["font-family", "font-size", "background-color", "margin-top", "color"];
  return Object.fromEntries(computedStyle.filter((s) => wanted.includes(s.name)).map((s) => [s.name, s.value]));
}

(async () => {
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  try {
    console.log(JSON.stringify(await look(browser)));
  } finally {
    await browser.close();
  }
})();
