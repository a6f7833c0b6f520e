(function () {
  var root = document.documentElement;
  var all = function (s) { return [].slice.call(document.querySelectorAll(s)); };
  var theme = document.getElementById("theme");
  var dark = function () {
    return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  };
  var label = function () { theme.textContent = dark() ? "Light" : "Dark"; };
  root.classList.add("on");
  label();
  theme.onclick = function () { root.dataset.theme = dark() ? "light" : "dark"; label(); };
  document.getElementById("print").onclick = function () { print(); };
  addEventListener("beforeprint", function () { all("details").forEach(function (d) { d.open = true; }); });
  all(".filter button").forEach(function (chosen) {
    chosen.onclick = function () {
      all(".filter button").forEach(function (b) { b.setAttribute("aria-pressed", b === chosen); });
      all(".tg > tbody").forEach(function (body) {
        var rows = [].filter.call(body.rows, function (r) { return r.dataset.s; });
        rows.forEach(function (r) { r.hidden = chosen.dataset.f !== "all" && r.dataset.s !== chosen.dataset.f; });
        body.hidden = rows.every(function (r) { return r.hidden; });
      });
    };
  });
  all(".copy").forEach(function (b) {
    b.onclick = function () { navigator.clipboard.writeText(b.parentNode.querySelector("code").textContent).then(function () { b.textContent = "Copied"; }); };
  });
})();
