// Life for pages that work without it: tells the server the viewer's time
// zone, refreshes what is shown, filters and previews while one types, and
// copies. A refresh fetches the page's own address and changes only what
// differs, so that focus, selection, scroll position and what was typed stay.
(() => {
  "use strict";

  const every = Number(document.documentElement.dataset.every); // milliseconds between refreshes while the page is seen
  const seldom = Math.max(every, 60_000); // and in a hidden tab, whose title and icon are still seen
  const patience = 8_000; // milliseconds to wait for an answer
  const base = document.documentElement.dataset.base;
  const main = document.querySelector("main[data-live]");

  // sendZone tells the server where the viewer is; true if it did not know.
  function sendZone() {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const cookie = "heartbeat_tz=" + encodeURIComponent(zone || "");
    if (!zone || document.cookie.split("; ").includes(cookie)) return false;
    document.cookie = cookie + "; Path=" + base + "; Max-Age=31536000; SameSite=Lax";
    return document.getElementById("zone")?.textContent !== zone;
  }

  // same tells whether b can be what a has become.
  function same(a, b) {
    return a.nodeType === b.nodeType && a.nodeName === b.nodeName && (a.id || "") === (b.id || "");
  }

  // morph makes the children of old like those of fresh. What is marked
  // data-keep belongs to this script and stays.
  function morph(old, fresh) {
    const byId = new Map();
    for (const child of old.children) if (child.id) byId.set(child.id, child);
    let at = old.firstChild;
    const skipKept = () => { while (at?.dataset && "keep" in at.dataset) at = at.nextSibling; };
    // Around what is kept there can be blanks too many; they must not make a
    // stranger of the element behind them.
    const dropBlanks = () => {
      for (skipKept(); at?.nodeType === Node.TEXT_NODE && !at.data.trim(); skipKept()) {
        const blank = at;
        at = at.nextSibling;
        blank.remove();
      }
    };
    for (const want of [...fresh.childNodes]) {
      if (want.dataset && "keep" in want.dataset) continue;
      skipKept();
      if (want.nodeType === Node.ELEMENT_NODE) dropBlanks();
      const known = want.id && byId.get(want.id);
      if (known && known !== at) {
        old.insertBefore(known, at);
        become(known, want);
      } else if (at && same(at, want)) {
        const next = at.nextSibling;
        become(at, want);
        at = next;
      } else {
        old.insertBefore(document.importNode(want, true), at);
      }
    }
    while (skipKept(), at) {
      const next = at.nextSibling;
      at.remove();
      at = next;
    }
  }

  function become(old, want) {
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== want.data) old.data = want.data;
      return;
    }
    if (old.isEqualNode(want)) return;
    // What the reader opened stays open, what is typed or chosen stays.
    const own = old.matches("details") ? ["open"] : old.matches("input:not([type=hidden]), option") ? ["value", "selected"] : [];
    for (const { name } of [...old.attributes]) {
      if (!want.hasAttribute(name) && !own.includes(name)) old.removeAttribute(name);
    }
    for (const { name, value } of want.attributes) {
      if (old.getAttribute(name) !== value && !own.includes(name)) old.setAttribute(name, value);
    }
    morph(old, want);
  }

  let current = null; // the running fetch
  let timer = 0;
  let answered = new Date();

  function show(text) {
    const page = new DOMParser().parseFromString(text, "text/html");
    const fresh = page.querySelector("main[data-live]");
    if (!fresh) return location.reload();
    const focused = document.activeElement;
    morph(main, fresh);
    if (focused !== document.activeElement && main.contains(focused)) focused.focus({ preventScroll: true });
    document.title = page.title;
    for (const what of ["link[rel=icon]", "footer"]) {
      const [old, want] = [document.querySelector(what), page.querySelector(what)];
      if (old && want) become(old, want);
    }
  }

  function lost(is) {
    const box = document.getElementById("lost");
    if (is && box.hidden) box.querySelector("[data-since]").textContent = answered.toLocaleTimeString();
    box.hidden = !is;
  }

  // refresh fetches the page's own address and shows it. A newer one overtakes.
  async function refresh() {
    clearTimeout(timer);
    current?.abort();
    const mine = current = new AbortController();
    const late = setTimeout(() => mine.abort(), patience);
    try {
      const response = await fetch(location.href, { signal: mine.signal, headers: { Accept: "text/html" } });
      if (mine !== current) return;
      if (response.status === 401) return location.reload();
      if (response.status === 404 || response.ok) {
        const text = await response.text();
        if (mine !== current) return;
        if (response.status === 404) return location.reload();
        show(text);
        answered = new Date();
        lost(false);
      } else {
        lost(true);
      }
    } catch {
      if (mine !== current) return;
      lost(true);
    } finally {
      clearTimeout(late);
      if (mine === current) schedule();
    }
  }

  function schedule() {
    clearTimeout(timer);
    timer = setTimeout(refresh, document.hidden ? seldom : every);
  }

  // address is that of the table that the filter form asks for.
  function address(form) {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value !== "") query.append(name, value);
    if (query.get("sort") === "-delta") query.delete("sort");
    const text = query.toString();
    return form.action + (text ? "?" + text : "");
  }

  function filterAsTyped() {
    let typing = 0;
    const apply = () => {
      clearTimeout(typing);
      const form = document.getElementById("filter");
      history.replaceState(null, "", address(form));
      refresh();
    };
    main.addEventListener("input", (event) => {
      if (event.target.name !== "q") return;
      clearTimeout(typing);
      typing = setTimeout(apply, 200);
    });
    main.addEventListener("change", (event) => { if (event.target.name === "sort") apply(); });
    main.addEventListener("submit", (event) => {
      if (event.target.id !== "filter") return;
      event.preventDefault();
      apply();
    });
  }

  // forget takes from the address what was done, so that it is said once.
  function forget() {
    const url = new URL(location.href);
    if (!url.searchParams.has("done")) return;
    url.searchParams.delete("done");
    if (url.pathname.endsWith("/dashboard")) url.searchParams.delete("id");
    if (url.pathname.endsWith("/channels")) url.searchParams.delete("channel");
    history.replaceState(null, "", url);
  }

  // previewAsTyped asks for the due times of what stands in the form.
  function previewAsTyped(form) {
    const box = document.getElementById("preview");
    const asked = ["kind", "cron", "oncalendar", "threshold", "unit", "grace", "grace_unit", "worktime", "saturday", "tz", "holidays"];
    let typing = 0;
    let running = null;
    async function ask() {
      running?.abort();
      const mine = running = new AbortController();
      const url = new URL(form.dataset.preview, location.href);
      for (const [name, value] of new FormData(form)) if (asked.includes(name)) url.searchParams.append(name, value);
      try {
        const response = await fetch(url, { signal: mine.signal });
        const text = await response.text();
        if (mine !== running || !response.ok) return;
        box.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
        box.classList.remove("old");
      } catch { /* what is shown stays, marked as old */ }
    }
    form.addEventListener("input", (event) => {
      if (!asked.includes(event.target.name)) return;
      box.classList.add("old");
      clearTimeout(typing);
      typing = setTimeout(ask, 200);
    });
  }

  // slugOf is the server's slug of a name.
  function slugOf(name) {
    return name.normalize("NFKD").replace(/[^\x00-\x7f]/g, "").toLowerCase().replace(/[^a-z0-9_\s-]/g, "")
      .replace(/[\s-]+/g, "-").replace(/^[-_]+/, "").slice(0, 100).replace(/[-_]+$/, "");
  }

  // suggestSlug fills in the slug of the name that is typed, until somebody
  // types another.
  function suggestSlug(name) {
    const slug = document.getElementById(name.dataset.slug);
    name.addEventListener("input", () => {
      if (slug.value === (slug.dataset.suggested ?? "")) slug.value = slug.dataset.suggested = slugOf(name.value);
    });
  }

  // copy puts the text beside a button into the clipboard, which browsers allow
  // on safe addresses only; elsewhere the old way does.
  async function copy(button) {
    const source = button.closest(".copyable").querySelector("code");
    try {
      await navigator.clipboard.writeText(source.textContent);
    } catch {
      getSelection().selectAllChildren(source);
      if (!document.execCommand("copy")) return;
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2_000);
  }

  document.documentElement.classList.add("js");
  document.addEventListener("click", (event) => { if (event.target.matches(".copy")) copy(event.target); });
  for (const form of document.querySelectorAll("form[data-preview]")) previewAsTyped(form);
  for (const name of document.querySelectorAll("input[data-slug]")) suggestSlug(name);
  const moved = sendZone();
  forget();
  if (!main) return;
  filterAsTyped();
  document.addEventListener("visibilitychange", () => { if (document.hidden) schedule(); else refresh(); });
  addEventListener("online", refresh);
  addEventListener("pageshow", (event) => { if (event.persisted) refresh(); });
  if (moved) refresh(); else schedule();
})();
