import HTTPTypes

/// The view's files, as they are embedded in the binary: one line for each file of `View`.
struct Asset: Sendable {
  enum Kind: String, Sendable {
    case page = "text/html; charset=utf-8"
    case script = "text/javascript; charset=utf-8"
    case style = "text/css; charset=utf-8"
    case picture = "image/svg+xml"
    case manifest = "application/manifest+json"
  }

  let name: String
  let kind: Kind
  let bytes: [UInt8]
  let tag: String

  init(_ name: String, _ kind: Kind, _ bytes: [UInt8]) {
    self.name = name
    self.kind = kind
    self.bytes = bytes
    // FNV-1a: it only has to differ between two builds of one file.
    let hash = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    tag = "\"\(String(hash, radix: 16))-\(bytes.count)\""
  }

  static let all = [
    Asset("analytics.css", .style, PackageResources.analytics_css),
    Asset("analytics.js", .script, PackageResources.analytics_js),
    Asset("api.js", .script, PackageResources.api_js),
    Asset("app.js", .script, PackageResources.app_js),
    Asset("base.css", .style, PackageResources.base_css),
    Asset("bench.js", .script, PackageResources.bench_js),
    Asset("bullpen.webmanifest", .manifest, PackageResources.bullpen_webmanifest),
    Asset("charts.js", .script, PackageResources.charts_js),
    Asset("connections.css", .style, PackageResources.connections_css),
    Asset("connections.js", .script, PackageResources.connections_js),
    Asset("doctor.js", .script, PackageResources.doctor_js),
    Asset("dom.js", .script, PackageResources.dom_js),
    Asset("door.css", .style, PackageResources.door_css),
    Asset("edges.js", .script, PackageResources.edges_js),
    Asset("feed.js", .script, PackageResources.feed_js),
    Asset("first-run.js", .script, PackageResources.first_run_js),
    Asset("follow.js", .script, PackageResources.follow_js),
    Asset("glyphs.js", .script, PackageResources.glyphs_js),
    Asset("hues.js", .script, PackageResources.hues_js),
    Asset("icon.svg", .picture, PackageResources.icon_svg),
    Asset("inbox.js", .script, PackageResources.inbox_js),
    Asset("index.html", .page, PackageResources.index_html),
    Asset("invite.js", .script, PackageResources.invite_js),
    Asset("joining.js", .script, PackageResources.joining_js),
    Asset("hands.js", .script, PackageResources.hands_js),
    Asset("keys.js", .script, PackageResources.keys_js),
    Asset("layers.css", .style, PackageResources.layers_css),
    Asset("layers.js", .script, PackageResources.layers_js),
    Asset("leave.js", .script, PackageResources.leave_js),
    Asset("mend.js", .script, PackageResources.mend_js),
    Asset("lines.js", .script, PackageResources.lines_js),
    Asset("lists.css", .style, PackageResources.lists_css),
    Asset("live.js", .script, PackageResources.live_js),
    Asset("login.html", .page, PackageResources.login_html),
    Asset("login.js", .script, PackageResources.login_js),
    Asset("look.js", .script, PackageResources.look_js),
    Asset("mark.svg", .picture, PackageResources.mark_svg),
    Asset("nav.js", .script, PackageResources.nav_js),
    Asset("node.js", .script, PackageResources.node_js),
    Asset("notices.js", .script, PackageResources.notices_js),
    Asset("notes.js", .script, PackageResources.notes_js),
    Asset("office.js", .script, PackageResources.office_js),
    Asset("people.css", .style, PackageResources.people_css),
    Asset("people.js", .script, PackageResources.people_js),
    Asset("person.js", .script, PackageResources.person_js),
    Asset("pointers.js", .script, PackageResources.pointers_js),
    Asset("privacy.js", .script, PackageResources.privacy_js),
    Asset("qr.js", .script, PackageResources.qr_js),
    Asset("role.js", .script, PackageResources.role_js),
    Asset("successor.js", .script, PackageResources.successor_js),
    Asset("room.js", .script, PackageResources.room_js),
    Asset("rooms.js", .script, PackageResources.rooms_js),
    Asset("routes.js", .script, PackageResources.routes_js),
    Asset("rows.js", .script, PackageResources.rows_js),
    Asset("security.js", .script, PackageResources.security_js),
    Asset("sheet.js", .script, PackageResources.sheet_js),
    Asset("shell.css", .style, PackageResources.shell_css),
    Asset("shortcuts.js", .script, PackageResources.shortcuts_js),
    Asset("status.js", .script, PackageResources.status_js),
    Asset("surface.css", .style, PackageResources.surface_css),
    Asset("teams.js", .script, PackageResources.teams_js),
    Asset("theme.js", .script, PackageResources.theme_js),
    Asset("toasts.js", .script, PackageResources.toasts_js),
    Asset("tokens.css", .style, PackageResources.tokens_css),
    Asset("where.js", .script, PackageResources.where_js),
    Asset("words.js", .script, PackageResources.words_js),
    Asset("workspaces.js", .script, PackageResources.workspaces_js),
    Asset("write.js", .script, PackageResources.write_js),
  ]
}
