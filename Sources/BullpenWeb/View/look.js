// Day or night: as the system says, or as the person chose on this device.
const name = "bullpen.theme";

export const theme = () => localStorage.getItem(name) ?? "";

export function chooseTheme(value) {
  localStorage.setItem(name, value);
  if (value) document.documentElement.dataset.theme = value;
  else delete document.documentElement.dataset.theme;
}

/// From what is seen now to the other.
export function turnTheme() {
  const night = getComputedStyle(document.documentElement).colorScheme === "dark"
    || (!theme() && matchMedia("(prefers-color-scheme: dark)").matches);
  chooseTheme(night ? "day" : "night");
}
