// Where the view is, by the address after the hash.

export function route(hash = location.hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [page, ...rest] = path.split("/");
  let detail = null;
  try {
    detail = rest.length ? decodeURIComponent(rest.join("/")) : null;
  } catch { /* a broken escape names nothing */ }
  switch (page) {
    case "feed": return { page: "feed", room: "page:feed", title: "Feed" };
    case "rooms": return { page: "rooms", room: "page:rooms", title: "Rooms" };
    case "room":
      if (!detail) break;
      return { page: "room", room: detail, title: detail, spot: new URLSearchParams(query).get("at") };
    case "inbox": return { page: "inbox", room: null, title: "Inbox", detail };
    case "connections": return { page: "connections", room: null, title: "Connections", detail };
    case "analytics": return { page: "analytics", room: null, title: "Analytics" };
    case "node": return { page: "node", room: null, title: "This node" };
  }
  return { page: "people", room: "page:people", title: "People" };
}

export const go = (hash) => { location.hash = hash; };
