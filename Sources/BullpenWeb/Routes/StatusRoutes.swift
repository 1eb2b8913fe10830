import BullpenCore
import BullpenNode
import Hummingbird

struct StatusBody: Encodable {
  struct LogHead: Encodable {
    let deviceId: String
    let incarnation: String
    let kind: String
    let sequence: UInt64
    let digest: String
  }
  struct TableDigest: Encodable {
    let table: String
    let digest: String
  }
  struct Drop: Encodable {
    let reason: String
    let detail: String
    let count: Int
  }

  struct Here: Encodable {
    let userId: String
    let name: String
    let status: String
  }
  struct Silent: Encodable {
    let userId: String
    let name: String
    let deviceId: String
    let state: String
    @Nullable var silence: Int64?
  }

  struct Storage: Encodable {
    let state: String
    let detail: String
    let hint: String
  }

  struct Notice: Encodable {
    let kind: String
    let deviceId: String
    let userId: String
    let detail: String
    let hint: String
  }

  let workspaceId: String
  let name: String
  let deviceId: String
  let userId: String
  let heads: [LogHead]
  let digests: [TableDigest]
  let drops: [Drop]
  let refusedChanges: Int
  let quarantinedChanges: Int
  let discovery: String
  let liveDevices: Int
  let knownDevices: Int
  let here: [Here]
  let silent: [Silent]
  let unread: Int
  let version: String
  let upSince: Int64
  let storage: Storage
  let wasSetBack: Bool
  let idleSource: String
  let notices: [Notice]

  init(_ view: StatusView) {
    workspaceId = view.workspace.description
    name = view.name
    deviceId = view.device.description
    userId = view.member.description
    heads = view.heads.map {
      LogHead(
        deviceId: $0.log.device.description, incarnation: $0.log.incarnation.description, kind: $0.log.kind.name,
        sequence: $0.head.sequence, digest: $0.head.digest.description)
    }
    digests = view.tableDigests.map { TableDigest(table: $0.table, digest: $0.digest.description) }
    drops = view.drops.map { Drop(reason: $0.reason.rawValue, detail: $0.reason.words, count: $0.count) }
    refusedChanges = view.refusedChanges
    quarantinedChanges = view.quarantinedChanges
    discovery = view.discovery
    liveDevices = view.liveDevices
    knownDevices = view.knownDevices
    here = view.here.map { Here(userId: $0.member.description, name: $0.name, status: $0.status.name) }
    silent = view.silent.map {
      Silent(
        userId: $0.member.description, name: $0.name, deviceId: $0.device.description, state: $0.state,
        silence: $0.silence)
    }
    unread = view.unread
    version = view.version
    upSince = view.upSince
    storage = Storage(
      state: view.storage?.kind.rawValue ?? "ok", detail: view.storage?.detail ?? "", hint: view.storage?.hint ?? "")
    wasSetBack = view.wasSetBack
    idleSource = view.idleSource?.rawValue ?? "view"
    notices = view.notices.map {
      Notice(
        kind: $0.kind.rawValue, deviceId: $0.device.description, userId: $0.member.description, detail: $0.detail,
        hint: $0.hint)
    }
  }
}

extension LogKind {
  var name: String {
    switch self {
    case .lasting: "lasting"
    case .passing: "passing"
    }
  }
}

/// This node in the workspace.
extension RouteTable {
  func addStatus() {
    on(.get, "/api/v1/status", needs: .read) { call in
      JSON.response(StatusBody(try await call.workspace().status(digests: call.query("digests") != "false")))
    }
  }
}
