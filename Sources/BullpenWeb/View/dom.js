// Elements from values. Text is always text: nothing here, or anywhere in the view, parses markup.

const svgSpace = "http://www.w3.org/2000/svg";

/// An element with its properties and children. `on…` is a listener, `data` and `aria` are groups of attributes,
/// `class` is the class, a known property is set as one, and everything else becomes an attribute. Null and
/// false leave a part out.
export function h(tag, parts = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(parts)) {
    if (value == null) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "data") for (const key in value) setData(element, key, value[key]);
    else if (name === "aria") for (const key in value) setAttribute(element, `aria-${key}`, value[key]);
    else if (name === "class") element.className = value;
    else if (name in element && name !== "list" && name !== "form") element[name] = value;
    else setAttribute(element, name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

/// A sentence in which what is to be typed stands between backticks: that is shown as code.
export function prose(text) {
  return (text ?? "").split("`").map((part, place) => (place % 2 ? h("code", {}, part) : part));
}

export function svg(viewBox, path, className) {
  const element = document.createElementNS(svgSpace, "svg");
  element.setAttribute("viewBox", viewBox);
  element.setAttribute("aria-hidden", "true");
  if (className) element.setAttribute("class", className);
  const line = document.createElementNS(svgSpace, "path");
  line.setAttribute("d", path);
  element.append(line);
  return element;
}

/// Sets an attribute where it differs; null and false remove it.
export function setAttribute(element, name, value) {
  if (value == null || value === false) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
}

export function setData(element, key, value) {
  setAttribute(element, `data-${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    value === true ? "" : value);
}

/// Writes text where it differs, so that nothing is announced or laid out twice.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/// Makes `parent` hold one element per item, in order, and touches only what differs: focus, selection and
/// scroll survive. An element belongs to its item's key for as long as the key stays.
export function keep(parent, items, keyOf, make, update) {
  const kept = (parent.kept ??= new Map());
  const wanted = new Set();
  let place = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    if (wanted.has(key)) continue;
    wanted.add(key);
    let element = kept.get(key);
    if (!element) kept.set(key, (element = make(item)));
    update?.(element, item);
    if (element === place) place = place.nextElementSibling;
    else parent.insertBefore(element, place);
  }
  for (const [key, element] of kept) {
    if (wanted.has(key)) continue;
    kept.delete(key);
    element.remove();
  }
}

/// The base of the view's elements: listens to an event target while it is in the page, and builds itself once.
export class Part extends HTMLElement {
  #ended;
  connectedCallback() {
    this.#ended = new AbortController();
    if (!this.built) {
      this.built = true;
      this.build?.();
    }
    this.start?.();
  }
  disconnectedCallback() {
    this.#ended.abort();
    this.stop?.();
  }
  /// While in the page, calls `react` on each of the events (names apart by a space).
  listen(target, names, react) {
    for (const name of names.split(" ")) target.addEventListener(name, react, { signal: this.#ended.signal });
  }
  every(milliseconds, react) {
    const timer = setInterval(react, milliseconds);
    this.#ended.signal.addEventListener("abort", () => clearInterval(timer));
  }
}
