"use strict";
// The what-if panel: a moved slider or another choice asks the server where it leads, and shows the answer.
// The policy of the page allows no fetch, so an answer is a script that calls `whatIf.show`. Nothing is decided here.
(() => {
  const form = document.getElementById("what-if");
  const sliders = [...form.querySelectorAll("input[type=range]")];
  const REST = 300; // milliseconds after the last move until the charts follow

  const textAt = (slider) => {
    const { low, high, places } = slider.dataset;
    if (slider.value === "0" && "zero" in slider.dataset) return "0";
    const value = low * (high / low) ** (slider.value / slider.max);
    const text = Number(value.toPrecision(3)).toFixed(places);
    return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  };
  const follow = (slider) => {
    const { low, high } = slider.dataset;
    const value = Number(slider.number.value.replace(/[,$\s]/g, ""));
    if (value > 0) slider.value = Math.round((slider.max * Math.log(value / low)) / Math.log(high / low));
    slider.setAttribute("aria-valuetext", slider.number.value);
  };

  // One request at a time for each path; what has changed meanwhile is asked for after the answer.
  const asking = (path) => {
    let busy = false, again = false;
    const ask = () => {
      if (busy) { again = true; return; }
      busy = true;
      again = false;
      const script = document.createElement("script");
      script.fetchPriority = "high";
      script.src = `${path}?${new URLSearchParams(new FormData(form))}`;
      script.onload = script.onerror = () => {
        script.remove();
        busy = false;
        if (again) ask();
      };
      document.head.append(script);
    };
    return ask;
  };
  const askOutcome = asking("/decision/what-if.js");
  const askCharts = asking("/decision/charts.js");
  let timer;
  const changed = () => {
    const billing = document.getElementById("if.gpu_billing");
    document.getElementById("peak").hidden = billing.value !== "always_on";
    askOutcome();
    clearTimeout(timer);
    timer = setTimeout(askCharts, REST);
  };

  window.whatIf = {
    show(parts, link) {
      for (const [id, html] of Object.entries(parts)) {
        const part = document.getElementById(id);
        if (part) part.innerHTML = html;
      }
      if (link) history.replaceState(null, "", link);
    },
  };
  for (const slider of sliders) {
    slider.number = document.getElementById(slider.dataset.for);
    slider.hidden = false;
    slider.setAttribute("aria-valuetext", slider.number.value);
    slider.addEventListener("input", () => {
      slider.number.value = textAt(slider);
      slider.setAttribute("aria-valuetext", slider.number.value);
      changed();
    });
    slider.number.addEventListener("input", () => { follow(slider); changed(); });
  }
  for (const choice of form.querySelectorAll("select")) choice.addEventListener("change", changed);
  document.getElementById("try").hidden = true;
  const print = document.getElementById("print");
  print.hidden = false;
  print.addEventListener("click", () => window.print());
})();
