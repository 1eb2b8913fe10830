// Runs before the first paint: the person's choice of day or night, where one was made on this device.
{
  const chosen = localStorage.getItem("bullpen.theme");
  if (chosen === "day" || chosen === "night") document.documentElement.dataset.theme = chosen;
}
