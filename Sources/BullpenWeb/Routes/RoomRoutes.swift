import BullpenCore
import BullpenNode
import Foundation
import HTTPTypes
import Hummingbird

/// Who is where, and where they point.
extension RouteTable {
  func addRooms() {
    on(.get, "/api/v1/rooms", needs: .read) { call in
      let workspace = try await call.workspace()
      return JSON.response(
        ItemsBody(items: RoomBody.all(try await workspace.presence(), try await workspace.names())))
    }

    on(.get, "/api/v1/rooms/:id", needs: .read) { call in
      let room = try call.room()
      let workspace = try await call.workspace()
      return JSON.response(RoomBody(room, try await workspace.presence(), try await workspace.names()))
    }

    on(.get, "/api/v1/rooms/:id/cursors", needs: .read) { call in
      let room = try call.room()
      let workspace = try await call.workspace()
      let seen = await workspace.cursors(in: room)
      let members = Dictionary(try await workspace.members().map { ($0.id, $0) }) { $1 }
      return JSON.response(
        RoomCursorsBody(
          room: room.name, isIn: seen.isIn, cursors: seen.cursors.map { CursorBody($0, by: members[$0.member]) }))
    }

    on(.delete, "/api/v1/rooms/:id/cursors", needs: .write) { call in
      try await call.workspace().clearCursors(in: try call.room())
      return Response(status: .noContent)
    }

    on(.put, "/api/v1/rooms/:id/cursors/me", needs: .write) { call in
      let room = try call.room()
      let asked = try await call.body(CursorPutRequest.self)
      let position = try asked.position.position()
      let kind = try RoomRequest.kind(asked.deviceKind)
      let workspace = try await call.workspace()
      try await call.site.cursors.put(position, in: room, as: kind, of: workspace, by: call.caller)
      let me = try await workspace.me()
      return JSON.response(
        CursorBody(RoomCursor(room: room, member: me.id, device: call.site.node.device, position: position), by: me))
    }

    on(.delete, "/api/v1/rooms/:id/cursors/me", needs: .write) { call in
      let room = try call.room()
      await call.site.cursors.remove(from: room, of: try await call.workspace(), by: call.caller)
      return Response(status: .noContent)
    }
  }
}

extension Call {
  /// The room that the path names, percent-encoded.
  fileprivate func room() throws(Problem) -> RoomID {
    guard let room = (context.parameters.get("id")?.removingPercentEncoding).flatMap({ RoomID($0) }) else {
      throw Problem.invalid(
        nil, Check.roomRule, hint: "In the path it is percent-encoded: `page:/plan` is `page%3A%2Fplan`.")
    }
    return room
  }
}

extension WorkspaceAPI {
  fileprivate func names() async throws -> [MemberID: String] {
    Dictionary(try await members().map { ($0.id, $0.name) }) { $1 }
  }
}
