// Draws the charts in the page's language, again whenever it changes. Nothing is fetched: the loader refuses to.
(function () {
  "use strict";
  var root = document.documentElement;
  var specs = JSON.parse(document.getElementById("chart-specs").textContent);
  var refuse = function () { return Promise.reject(new Error("This page loads nothing.")); };
  var loader = { load: refuse, sanitize: refuse, http: refuse, file: refuse };

  function draw(lang) {
    Object.keys(specs).forEach(function (id) {
      var place = document.getElementById(id);
      if (!place || typeof vegaEmbed === "undefined") return;
      vegaEmbed(place, specs[id][lang], { actions: false, renderer: "svg", ast: true, loader: loader })
        .catch(function (problem) { console.error(id, problem); });
    });
  }

  function label(lang) {
    document.querySelectorAll("[data-label-" + lang + "]").forEach(function (element) {
      element.setAttribute("aria-label", element.getAttribute("data-label-" + lang));
    });
  }

  function speak(lang) {
    root.setAttribute("data-lang", lang);
    root.lang = lang === "zh" ? "zh-CN" : "en";
    document.title = titles[lang];
    document.querySelectorAll("[data-set-lang]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.getAttribute("data-set-lang") === lang));
    });
    label(lang);
    draw(lang);
  }

  var titles = JSON.parse(document.getElementById("page-titles").textContent);
  document.querySelectorAll("[data-set-lang]").forEach(function (button) {
    button.addEventListener("click", function () { speak(button.getAttribute("data-set-lang")); });
  });
  document.querySelectorAll("[data-print]").forEach(function (button) {
    button.addEventListener("click", function () { window.print(); });
  });

  speak(root.getAttribute("data-lang"));
})();
